import { url } from 'node:inspector';
import { Worker } from 'node:worker_threads';
import { InHand } from '../in-hand.ts';
import type { LoggerOptions } from '../log.ts';
import type { MarkGroup, WatchdogMessage, WatchdogSettings } from './worker.ts';

export interface WatchdogOptions {
  /** The process ends when its event loop has stood still for this long. */
  readonly timeoutMs: number;
  readonly logging: Pick<LoggerOptions, 'level' | 'format'>;
  /** There is no watchdog any more. */
  readonly onFailure: (error: Error) => void;
}

/** Looks per timeout. */
const TICKS = 20;
const TICK_MS_MAX = 1_000;

/**
 * A thread that ends the process when the event loop stands still: no signal, probe or timeout of ours could, for they
 * all need the loop. It says where the loop stands, and remembers the messages that were in hand.
 */
export class Watchdog {
  readonly inHand: InHand;
  readonly #options: WatchdogOptions;
  readonly #early: WatchdogMessage[] = [];
  #worker: Worker | undefined;
  #beating: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: WatchdogOptions) {
    this.#options = options;
    this.inHand = new InHand((told) => this.#tell(told));
  }

  /** Call it when all that may take long at the start is done. */
  start(): void {
    if (this.#worker !== undefined) return;
    const { timeoutMs, logging } = this.#options;
    const tickMs = Math.min(TICK_MS_MAX, timeoutMs / TICKS);
    const { buffer } = this.inHand;
    const settings: WatchdogSettings = { buffer, timeoutMs, tickMs, logging };
    // Without the options of the process: what they load is meant for the main thread.
    this.#worker = new Worker(new URL('./worker.js', import.meta.url), {
      workerData: settings,
      execArgv: [],
    });
    this.#worker.unref();
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', () => this.#fail(new Error('The thread of the watchdog has ended.')));
    for (const message of this.#early) this.#worker.postMessage(message);
    const beat = (): void => this.inHand.beat(url() !== undefined);
    beat();
    this.#beating = setInterval(beat, tickMs);
    this.#beating.unref();
  }

  /** Where to remember what was in hand. */
  rememberIn(group: MarkGroup): void {
    this.#tell({ kind: 'group', group });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#beating);
    await this.#worker?.terminate();
  }

  #tell(message: WatchdogMessage): void {
    if (this.#worker === undefined) this.#early.push(message);
    else this.#worker.postMessage(message);
  }

  #fail(error: Error): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearInterval(this.#beating);
    this.#options.onFailure(error);
  }
}
