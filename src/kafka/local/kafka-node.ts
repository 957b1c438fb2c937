import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KubesentimentError } from '../../errors.ts';
import { kafkaClassPath } from './kafka-jars.ts';

const START_TIMEOUT_MS = 600_000;
const STOP_TIMEOUT_MS = 30_000;
const STARTED = /Kafka Server started/;

export interface KafkaNodeOptions {
  /** The program to run it with, see `javaOf`. */
  readonly java: string;
  /** For server.properties, the data and broker.log. */
  readonly folder: string;
  /** Of Kafka. */
  readonly version?: string | undefined;
  /** A whole server.properties, but for `log.dirs`. */
  readonly properties: Readonly<Record<string, string>>;
  readonly javaOptions: readonly string[];
  readonly clusterId: string;
  /** The data go when this process ends. */
  readonly temporary: boolean;
}

/**
 * One Kafka process, broker and controller in one. It never outlives the process that started it, however that
 * one ends, and does not keep it alive.
 */
export class KafkaNode {
  readonly logPath: string;
  readonly earlierLogPath: string;
  readonly #options: KafkaNodeOptions;
  #child: ChildProcess | undefined;

  constructor(options: KafkaNodeOptions) {
    this.#options = options;
    this.logPath = join(options.folder, 'broker.log');
    this.earlierLogPath = join(options.folder, 'broker-earlier.log');
    mkdirSync(options.folder, { recursive: true });
    const lines = Object.entries({ ...options.properties, 'log.dirs': this.#dataPath });
    writeFileSync(this.#propertiesPath, lines.map(([key, value]) => `${key}=${value}\n`).join(''));
    if (!existsSync(this.#dataPath)) this.#format(options.clusterId);
  }

  get pid(): number {
    if (this.#child?.pid === undefined) throw failed('The broker is not running.');
    return this.#child.pid;
  }

  get running(): boolean {
    return this.#child !== undefined;
  }

  /** Resolves when the broker serves. Rejects with the end of its log if it does not. */
  async start(): Promise<void> {
    // What an earlier process of this broker wrote is kept, in a file of its own: the start is awaited in this one.
    if (existsSync(this.logPath)) appendFileSync(this.earlierLogPath, readFileSync(this.logPath));
    const log = openSync(this.logPath, 'w');
    const child = spawn(
      this.#options.java,
      [
        '-Xms256m',
        '-Xmx768m',
        ...this.#options.javaOptions,
        ...this.#command('kafka.Kafka'),
        this.#propertiesPath,
      ],
      {
        stdio: ['ignore', log, log],
        detached: true,
      },
    );
    closeSync(log);
    child.unref();
    this.#child = child;
    const reaper = startReaper(child.pid as number, this.#options.temporary ? this.#dataPath : '');
    child.once('exit', () => {
      reaper.kill('SIGKILL');
      this.#child = undefined;
    });
    const deadline = performance.now() + START_TIMEOUT_MS;
    while (!STARTED.test(readFileSync(this.logPath, 'utf8'))) {
      if (this.#child === undefined) throw failed(`The broker ended at once.\n${this.logTail()}`);
      if (performance.now() > deadline) throw failed(`The broker did not start.\n${this.logTail()}`);
      await sleep(50);
    }
  }

  /** SIGTERM, then SIGKILL if it takes too long. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  /** SIGKILL, as a power cut: nothing is flushed, no client is told. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  logTail(): string {
    return readFileSync(this.logPath, 'utf8').trimEnd().split('\n').slice(-15).join('\n');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    child.ref();
    const ended = new Promise((done) => child.once('exit', done));
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await ended;
    clearTimeout(timer);
  }

  get #dataPath(): string {
    return join(this.#options.folder, 'data');
  }

  get #propertiesPath(): string {
    return join(this.#options.folder, 'server.properties');
  }

  #command(mainClass: string): string[] {
    return ['-cp', kafkaClassPath(this.#options.version), mainClass];
  }

  #format(clusterId: string): void {
    const { status, stderr, stdout } = spawnSync(
      this.#options.java,
      [
        '-XX:TieredStopAtLevel=1',
        '-Dorg.slf4j.simpleLogger.defaultLogLevel=error',
        ...this.#command('kafka.tools.StorageTool'),
        'format',
        ...['--cluster-id', clusterId],
        ...['--config', this.#propertiesPath],
      ],
      { encoding: 'utf8' },
    );
    if (status !== 0) throw failed(`The broker's storage could not be formatted:\n${stdout}${stderr}`);
  }
}

function failed(sentence: string): KubesentimentError {
  return new KubesentimentError('KS_LOCAL_BROKER', sentence);
}

/** Waits for this process to end, which closes the pipe; then ends `pid` and removes `folder`, if any. */
function startReaper(pid: number, folder: string): ChildProcess {
  const reaper = spawn('sh', ['-c', 'read _; kill -9 "$0"; rm -rf "$1"', String(pid), folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  reaper.unref();
  (reaper.stdin as unknown as { unref(): void }).unref();
  return reaper;
}
