import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface MemberOptions {
  /** Transactional id and, for static members, the name in the group. */
  readonly identity: string;
  /** Folder with `bin/` and `dist/` of the product. */
  readonly product: string;
  /** Program and arguments before those of the member. */
  readonly launcher?: readonly string[];
  readonly settings: Readonly<Record<string, string | number | boolean>>;
  readonly logPath: string;
  /** Each line of its log, parsed; lines that are not JSON are left out. */
  readonly onLog: (entry: LogEntry) => void;
}

export interface LogEntry {
  readonly event?: string;
  readonly code?: string;
  readonly [field: string]: unknown;
}

/** One process of the service. */
export class Member {
  readonly identity: string;
  /** Exit code, or the name of the signal that ended it. */
  readonly exited: Promise<number | string>;
  /** Stopped by SIGSTOP. */
  frozen = false;
  /** It was told to end, or another took its identity: it is not started again when it ends. */
  dismissed = false;
  hasJoined = false;
  /** The last thing it said went wrong. */
  lastProblem: LogEntry | undefined;
  readonly #child: ChildProcess;

  constructor({ identity, product, launcher = [], settings, logPath, onLog }: MemberOptions) {
    this.identity = identity;
    const args = Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
    const command = [
      ...launcher,
      process.execPath,
      join(product, 'bin/kubesentiment.cjs'),
      'consume',
      ...args,
    ];
    const [program, ...rest] = command as [string, ...string[]];
    this.#child = spawn(program, rest, {
      cwd: product,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.exited = once(this.#child, 'close').then(([code, signal]) => (code ?? signal) as number | string);
    const file = createWriteStream(logPath);
    createInterface({ input: this.#child.stderr as NodeJS.ReadableStream }).on('line', (line) => {
      file.write(`${line}\n`);
      const entry = parse(line);
      if (entry === undefined) return;
      if (entry.event === 'partitions_assigned') this.hasJoined = true;
      if (entry.event === 'service_failed') this.lastProblem = entry;
      onLog(entry);
    });
    void this.exited.then(() => file.end());
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
    if (name === 'SIGSTOP') this.frozen = true;
    if (name === 'SIGCONT') this.frozen = false;
  }
}

function parse(line: string): LogEntry | undefined {
  try {
    return JSON.parse(line) as LogEntry;
  } catch {
    return undefined;
  }
}
