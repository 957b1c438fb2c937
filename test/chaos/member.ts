import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface MemberOptions {
  /** Number of the process: one that follows under the same identity has another. Default: 0. */
  readonly process?: number;
  /** Transactional id and, for static members, the name in the group. */
  readonly identity: string;
  /** Folder with `bin/` and `dist/` of the product. */
  readonly product: string;
  /** Program and arguments before those of the member. */
  readonly launcher?: readonly string[];
  readonly settings: Readonly<Record<string, string | number | boolean>>;
  /** Read again at each reload, which settings are not. */
  readonly configFile?: string | undefined;
  /** Instead of the product. */
  readonly launch?: Launch | undefined;
  readonly logPath: string;
  /** Each line of its log, parsed; lines that are not JSON are left out. */
  readonly onLog: (entry: LogEntry) => void;
}

export interface LogEntry {
  readonly event?: string;
  readonly code?: string;
  readonly [field: string]: unknown;
}

/** How a program is started. */
export interface Launch {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env: Readonly<Record<string, string>>;
  /** A line of its log that says it is up. */
  readonly ready: RegExp | undefined;
}

/** The first sentence of what the command says when it fails. */
const LAST_WORDS = /^kubesentiment: (.*?\.)( |$)/;

/** One process of the service, or of another program. */
export class Member {
  readonly process: number;
  readonly identity: string;
  /** Exit code, or the name of the signal that ended it. */
  readonly exited: Promise<number | string>;
  /** Stopped by SIGSTOP. */
  frozen = false;
  /** It was told to end, or another took its identity: it is not started again when it ends. */
  dismissed = false;
  hasJoined = false;
  /** It can be told to reload. */
  #isListening = false;
  #isToldLater = false;
  /** The last thing it said went wrong. */
  lastProblem: LogEntry | undefined;
  /** Why it ended with an error: its last sentence, without names. */
  lastWords: string | undefined;
  /** Resolves when it has ended, once it was told to. */
  ending: Promise<void> | undefined;
  readonly #child: ChildProcess;

  constructor(options: MemberOptions) {
    const { identity, launch, launcher = [], logPath, onLog } = options;
    this.process = options.process ?? 0;
    this.identity = identity;
    this.#child = spawnMember(launcher, launch ?? launchOfProduct(options));
    this.exited = once(this.#child, 'close').then(([code, signal]) => (code ?? signal) as number | string);
    const file = createWriteStream(logPath);
    createInterface({ input: this.#child.stderr as NodeJS.ReadableStream }).on('line', (line) => {
      file.write(`${line}\n`);
      if (launch?.ready?.test(line)) this.hasJoined = true;
      const entry = launch === undefined ? parse(line) : undefined;
      if (entry === undefined) {
        this.lastWords = LAST_WORDS.exec(line)?.[1]?.replace(/"[^"]*"/g, '…') ?? this.lastWords;
        return;
      }
      if (entry.event === 'partitions_assigned') this.hasJoined = true;
      if (entry.event === 'service_started') this.#listens();
      if (entry.event === 'service_failed') this.lastProblem = entry;
      onLog(entry);
    });
    void this.exited.then(() => file.end());
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Tells it to reload, as soon as it can be told. */
  hangUp(): void {
    if (this.#isListening) this.signal('SIGHUP');
    else this.#isToldLater = true;
  }

  #listens(): void {
    this.#isListening = true;
    if (this.#isToldLater) this.signal('SIGHUP');
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
    if (name === 'SIGSTOP') this.frozen = true;
    if (name === 'SIGCONT') this.frozen = false;
  }
}

function launchOfProduct({ product, settings, configFile }: MemberOptions): Launch {
  const file = configFile === undefined ? [] : ['--config', configFile];
  const options = Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
  const args = [join(product, 'bin/kubesentiment.cjs'), 'consume', ...file, ...options];
  return { file: process.execPath, args, cwd: product, env: {}, ready: undefined };
}

function spawnMember(launcher: readonly string[], { file, args, cwd, env }: Launch): ChildProcess {
  const [program, ...rest] = [...launcher, file, ...args] as [string, ...string[]];
  return spawn(program, rest, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'pipe'] });
}

function parse(line: string): LogEntry | undefined {
  try {
    return JSON.parse(line) as LogEntry;
  } catch {
    return undefined;
  }
}
