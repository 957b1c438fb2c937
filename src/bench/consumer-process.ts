import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { KubesentimentError } from '../errors.ts';
import type { KafkaMetrics } from '../metrics/kafka-metrics.ts';

const packageRoot = resolve(import.meta.dirname, '../../..');
const START_TIMEOUT_MS = 90_000;
const STOP_TIMEOUT_MS = 60_000;
const READY_POLL_MS = 20;
const ERROR_LINES = 12;

/** `kubesentiment consume` in a separate process, as in production, so its time and memory can be measured alone. */
export class ConsumerProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | string>;
  readonly #lines: string[] = [];
  readonly #kill = (): void => void this.#child.kill('SIGKILL');
  #address: string | undefined;
  #outcome: number | string | undefined;

  /** `args`: what follows `consume`. */
  constructor(args: readonly string[]) {
    const settings = ['http.host=127.0.0.1', 'http.port=0', 'logging.level=info', 'logging.format=json'];
    this.#child = spawn(
      process.execPath,
      [
        join(packageRoot, 'bin/kubesentiment.cjs'),
        'consume',
        ...args,
        ...settings.flatMap((setting) => ['--set', setting]),
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    createInterface({ input: this.#child.stderr as NodeJS.ReadableStream }).on('line', (line) =>
      this.#hear(line),
    );
    this.#ended = once(this.#child, 'close').then(([code, signal]) => {
      this.#outcome = (code ?? signal) as number | string;
      return this.#outcome;
    });
    // A measurement that fails must not leave the consumer behind.
    process.once('exit', this.#kill);
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  /** Resolves when the group has assigned its partitions. */
  async ready(): Promise<void> {
    for (const deadline = performance.now() + START_TIMEOUT_MS; performance.now() < deadline; ) {
      this.checkRunning();
      if ((await this.#get('/readyz'))?.ok) return;
      await sleep(READY_POLL_MS);
    }
    throw new KubesentimentError('KS_STATE', 'The consumer did not become ready.', { remedy: this.#tail() });
  }

  /** Its own view of what it did; undefined if it does not answer. */
  async metrics(): Promise<KafkaMetrics | undefined> {
    const answer = await this.#get('/api/v1/kafka-metrics');
    return answer?.ok ? ((await answer.json()) as KafkaMetrics) : undefined;
  }

  /** KS_STATE if the process ended before it was told to. */
  checkRunning(): void {
    if (this.#outcome === undefined) return;
    throw new KubesentimentError('KS_STATE', `The consumer ended early (${this.#outcome}).`, {
      remedy: this.#tail(),
    });
  }

  /** Lets it drain; resolves when it has exited. KS_STATE if it does not exit cleanly. */
  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    const timer = setTimeout(this.#kill, STOP_TIMEOUT_MS);
    const outcome = await this.#ended;
    clearTimeout(timer);
    process.removeListener('exit', this.#kill);
    if (outcome === 0) return;
    throw new KubesentimentError('KS_STATE', `The consumer ended with ${outcome}.`, { remedy: this.#tail() });
  }

  /** Kills it immediately, if it is still running. */
  async kill(): Promise<void> {
    this.#kill();
    await this.#ended;
    process.removeListener('exit', this.#kill);
  }

  #hear(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > ERROR_LINES) this.#lines.shift();
    if (!line.includes('"event":"http_listening"')) return;
    const { address, port } = JSON.parse(line) as { address: string; port: number };
    this.#address = `http://${address}:${port}`;
  }

  async #get(path: string): Promise<Response | undefined> {
    if (this.#address === undefined) return undefined;
    return fetch(this.#address + path).catch(() => undefined);
  }

  #tail(): string {
    return `It said last:\n${this.#lines.join('\n')}`;
  }
}
