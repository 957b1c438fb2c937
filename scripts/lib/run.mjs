import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';

/** The repository root. */
export const root = resolve(import.meta.dirname, '..', '..');

/** The environment for compiling: uses all cores, whichever build system reads it. */
const jobs = process.env.JOBS ?? String(availableParallelism());
export const parallelBuildEnv = {
  JOBS: jobs,
  MAKEFLAGS: process.env.MAKEFLAGS ?? `-j${jobs}`,
  CMAKE_BUILD_PARALLEL_LEVEL: process.env.CMAKE_BUILD_PARALLEL_LEVEL ?? jobs,
};

/** A failed step, with what the reader needs in order to act: which step, why, and what to do. */
export class StepError extends Error {
  constructor(step, reason, remedy) {
    super(`${step} failed: ${reason}\nWhat to do: ${remedy}`);
    this.name = 'StepError';
  }
}

/** How to run npm: the npm that runs this script, otherwise the one on the PATH. */
export function npmCommand() {
  const script = process.env.npm_execpath ?? '';
  return script.endsWith('npm-cli.js') ? [process.execPath, script] : ['npm'];
}

/** The first line that `command` prints, or undefined if it is missing or fails. */
export function firstLine(command, args) {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  return status === 0 ? (stdout.trim() || stderr.trim()).split('\n')[0] : undefined;
}

/**
 * Runs one step of the set-up. Its output goes to a log file; the terminal only shows that it is running, and nothing
 * at all if it takes less than two seconds. Rejects with a `StepError` that quotes the end of the output.
 *
 * @param {string} step what the user reads: `dependencies`, `native addon`
 * @param {string[]} command
 * @param {{ note?: string, env?: object, cwd?: string, remedy?: (output: string) => string | undefined }} [options]
 */
export async function runStep(step, [command, ...args], options = {}) {
  const stopProgress = showProgress(step, options.note);
  const chunks = [];
  const problem = await new Promise((done) => {
    const child = spawn(command, args, {
      cwd: options.cwd ?? root,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.stderr.on('data', (chunk) => chunks.push(chunk));
    child.on('error', (error) => done(`${command} could not be started: ${error.message}`));
    child.on('close', (code, signal) => {
      done(code === 0 ? undefined : signal ? `ended by ${signal}` : `exit code ${code}`);
    });
  });
  stopProgress(problem === undefined);
  if (problem === undefined) return;

  const output = Buffer.concat(chunks).toString();
  const logPath = join(root, '.cache', 'logs', `${step.replaceAll(/\W+/g, '-')}.log`);
  mkdirSync(dirname(logPath), { recursive: true });
  writeFileSync(logPath, output);
  throw new StepError(
    step,
    [problem, ...telling(output.trimEnd().split('\n')).map((line) => `  │ ${line}`)].join('\n'),
    options.remedy?.(output) ?? `read the full output in ${relative(process.cwd(), logPath)}`,
  );
}

/** The first errors, which show the cause, and the end, which shows the outcome. */
function telling(lines) {
  const end = lines.slice(-15);
  const errors = lines.slice(0, -15).filter((line) => /\berr(or)?\b/i.test(line));
  return errors.length > 0 ? [...errors.slice(0, 10), '…', ...end] : end;
}

/** On a terminal the elapsed seconds; elsewhere a line at the start and then every 30 s. */
function showProgress(step, note) {
  const { stdout } = process;
  const startedAt = performance.now();
  const seconds = () => Math.round((performance.now() - startedAt) / 1000);
  let drawn = false;
  const draw = () => {
    drawn = true;
    const line = `… ${step}${note ? ` (${note})` : ''}: ${seconds()} s`;
    stdout.write(stdout.isTTY ? `\r\x1b[K${line}` : `${line}\n`);
  };
  let timer = setTimeout(() => {
    draw();
    timer = setInterval(draw, stdout.isTTY ? 1000 : 30_000);
  }, 2000);
  return (succeeded) => {
    clearTimeout(timer);
    if (stdout.isTTY && drawn) stdout.write('\r\x1b[K');
    if (!succeeded || drawn) stdout.write(`${succeeded ? '✓' : '✗'} ${step}: ${seconds()} s\n`);
  };
}
