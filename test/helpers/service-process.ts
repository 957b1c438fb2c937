/** `kubesentiment consume` as a separate process, as in production. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { after } from 'node:test';
import { root } from './paths.ts';

/** A failed assertion must not leave a process behind: it would keep the test file from ending. */
const children = new Set<ChildProcess>();
const killAll = (): void => {
  for (const child of children) child.kill('SIGKILL');
};
after(killAll);
process.once('exit', killAll); // of a benchmark that is ended, too

export interface ServiceProcess {
  readonly pid: number;
  /** Everything written to standard error so far. */
  readonly log: () => string;
  /** Resolves at the first log line with this event; rejects if the process ends first. */
  waitFor(event: string): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  /** Exit code, or the name of the signal that ended it. */
  readonly exited: Promise<number | string>;
}

/** A service that has not ended by then never will: it is killed, so the test can report it, with its log. */
const STOP_MS_MAX = 90_000;

export type Settings = Readonly<Record<string, string | number | boolean>>;

/** A small, fast configuration: the accurate model is always available. */
export const testSettings: Settings = {
  'kafka.consumer_threads': 2,
  'kafka.auto_offset_reset': 'earliest',
  'kafka.session_timeout_ms': 10_000,
  'model.path': 'models/accurate',
  'model.max_threads': 1,
  'http.port': 0,
};

/** `launcher`: program and arguments before those of the service. `home`: the root folder of the package to run. */
export function startService(
  settings: Settings,
  env: NodeJS.ProcessEnv = {},
  launcher: readonly string[] = [],
  home = root,
): ServiceProcess {
  const args = Object.entries({ ...testSettings, ...settings }).flatMap(([key, value]) => [
    '--set',
    `${key}=${value}`,
  ]);
  return startCommand(['consume', ...args], env, launcher, home);
}

export function startCommand(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  launcher: readonly string[] = [],
  home = root,
): ServiceProcess {
  const command = [...launcher, process.execPath, join(home, 'bin/kubesentiment.cjs'), ...args];
  const [program, ...rest] = command as [string, ...string[]];
  const child: ChildProcess = spawn(program, rest, {
    cwd: home,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  children.add(child);
  const lines: string[] = [];
  const waiting: { event: string; resolve: () => void }[] = [];
  createInterface({ input: child.stderr as NodeJS.ReadableStream }).on('line', (line) => {
    lines.push(line);
    for (const entry of waiting) if (line.includes(`"event":"${entry.event}"`)) entry.resolve();
  });
  const exited = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string);
  const log = (): string => lines.join('\n');
  return {
    pid: child.pid as number,
    log,
    waitFor: (event) => {
      if (log().includes(`"event":"${event}"`)) return Promise.resolve();
      const seen = new Promise<void>((resolve) => waiting.push({ event, resolve }));
      const ended = exited.then((code) => {
        throw new Error(`The service ended (${code}) before "${event}":\n${log()}`);
      });
      return Promise.race([seen, ended]);
    },
    kill: (signal) => {
      child.kill(signal);
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX);
      void exited.then(() => clearTimeout(timer));
    },
    exited,
  };
}
