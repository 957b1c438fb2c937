import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../test/helpers/paths.ts';
import { BROKER_VARIABLE } from './measured-broker.ts';

export interface StepResult {
  /** The JSON that the step wrote. */
  readonly figures: unknown;
  /** Why there is none. */
  readonly problem: string | undefined;
}

const ERROR_CHARACTERS = 400;
const KILL_AFTER_MS = 10_000;

/** Every step gets its part of the time; one that takes longer is ended and its rows say so. */
const TIMEOUT_S = 1_200;

/**
 * Runs a program of this package (script and arguments) that measures at `broker` and writes a report to `file`; of
 * another build, if its folder is given.
 */
export async function runStep(
  args: readonly string[],
  broker: string,
  file: string,
  folder = root,
): Promise<StepResult> {
  const [script, ...rest] = args as [string, ...string[]];
  const child: ChildProcess = spawn(process.execPath, [join(folder, script), ...rest, '--json', file], {
    cwd: folder,
    env: { ...process.env, UV_THREADPOOL_SIZE: '16', [BROKER_VARIABLE]: broker },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  let errors = '';
  child.stderr?.on('data', (text) => {
    errors = (errors + text).slice(-ERROR_CHARACTERS);
  });
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    child.kill('SIGTERM');
    setTimeout(kill, KILL_AFTER_MS).unref();
  }, TIMEOUT_S * 1_000);
  await once(child, 'close');
  clearTimeout(timer);
  process.removeListener('exit', kill);
  if (existsSync(file)) return { figures: JSON.parse(readFileSync(file, 'utf8')), problem: undefined };
  const problem = isLate ? `it took longer than ${TIMEOUT_S} s` : errors.trim().split('\n').at(-1);
  return { figures: undefined, problem: problem ?? 'it wrote no report' };
}
