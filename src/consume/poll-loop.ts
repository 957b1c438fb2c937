import { setTimeout as sleep } from 'node:timers/promises';
import type { ConsumerClient, Polled } from '../clients.ts';
import { type Signal, untilTick } from '../signal.ts';
import type { Histogram } from '../metrics/histogram.ts';
import type { SourceMessage, TopicPartition } from '../types.ts';
import type { Assignments } from './assignments.ts';
import type { Delays } from './delays.ts';
import type { OffsetLedger } from './offset-ledger.ts';

/** How much may be read, and where it goes. */
export interface Budget {
  /**
   * How many messages may be read now; reserved until `take`. With `serving`, at least one if there is any room at
   * all, since librdkafka also reports rebalances through polling.
   */
  reserve(serving: boolean): number;
  /** Takes what a poll brought and returns the rest of the reservation. */
  take(consumer: ConsumerClient, polled: Polled, reserved: number): void;
}

/** For tracing. */
export interface PollObserver {
  /**
   * A poll that began at `startedAt` has brought these messages; they are taken next, in the same turn. `isMeasured`:
   * its duration counts, it did not wait for a message to come.
   */
  readonly onPoll?:
    | ((messages: readonly SourceMessage[], startedAt: number, isMeasured: boolean) => void)
    | undefined;
}

export interface PollLoopOptions extends PollObserver {
  readonly consumer: ConsumerClient;
  readonly budget: Budget;
  /** Notified when `reserve` may return more than before. */
  readonly room: Signal;
  readonly assignments: Pick<Assignments, 'of' | 'holdsAny'>;
  /** For the consumer of the retry topics: which of their records are due. */
  readonly delays?: Delays | undefined;
  /** Duration of each poll that returned messages, ms. */
  readonly durations: Pick<Histogram, 'record'>;
}

/** Pause after polls that returned less than they could take: lets messages gather, so each poll pays off. */
const GATHER_MS = 4;
const IDLE_MS_MAX = 10;
/** How long a poll of a quiet topic waits: a thread that waits costs nothing, and sees a message at once. */
const WAIT_MS = 100;
/** How long the group may wait for a consumer that is busy, or has nothing to read, to respond. */
const SERVE_MS = 100;
/** pause() discards prefetched messages, so it is only used for stalls that last. */
const PAUSE_AFTER_MS = 2_000;
const PAUSED_POLL_MS = 1_000;
const nothing: Polled = { messages: [], ends: [] };

/** Reads from one consumer while there is room: the first stage, and the only place that polls. */
export class PollLoop {
  readonly #options: PollLoopOptions;
  #taking: Promise<void> = Promise.resolve();
  #serving: Promise<void> = Promise.resolve();
  #stopped = false;
  #ended = false;
  #lastTickAt = performance.now();

  constructor(options: PollLoopOptions) {
    this.#options = options;
  }

  /**
   * `onError` gets errors that must never happen, that is, programming errors. Without `takes` the loop only keeps
   * the consumer in the group.
   */
  start(onError: (error: unknown) => void, takes = true): void {
    this.#stopped = !takes;
    this.#taking = this.#take().catch(onError);
    this.#serving = this.#taking.then(() => this.#serve()).catch(onError);
  }

  /** Milliseconds since the loop's last iteration; a large value means that it hangs. 0 once it is stopped. */
  get silentMs(): number {
    return this.#stopped ? 0 : performance.now() - this.#lastTickAt;
  }

  /** Takes no more messages. Polling continues, because it delivers commit callbacks and rebalances. */
  async stopTaking(): Promise<void> {
    this.#stopped = true;
    this.#options.room.notify();
    await this.#taking;
  }

  /** Resolves when the last poll is over. */
  async end(): Promise<void> {
    this.#ended = true;
    await this.stopTaking();
    await this.#serving;
  }

  async #take(): Promise<void> {
    const { consumer, budget, room, assignments } = this.#options;
    let idleMs = 1;
    let polledAt = performance.now();
    while (!this.#stopped) {
      this.#lastTickAt = performance.now();
      // Half, because a poll ends a little after the tick that started it.
      const reserved = budget.reserve(this.#lastTickAt - polledAt >= SERVE_MS / 2);
      if (reserved === 0) {
        if (this.#lastTickAt - polledAt > PAUSE_AFTER_MS) await this.#pause();
        else await room.wait(untilTick(SERVE_MS));
        continue;
      }
      const count = await this.#poll(reserved);
      polledAt = performance.now();
      if (count === reserved) continue;
      idleMs = count > 0 ? GATHER_MS : Math.min(idleMs * 2, IDLE_MS_MAX);
      if (!assignments.holdsAny(consumer)) await sleep(untilTick(SERVE_MS));
      else if (idleMs < IDLE_MS_MAX) await sleep(idleMs);
      else polledAt = await this.#rest();
    }
  }

  /** Drops whatever is still read, ends too. Its offset is never committed, so the next owner reads it again. */
  async #serve(): Promise<void> {
    const { consumer, assignments } = this.#options;
    let paused: readonly TopicPartition[] = [];
    while (!this.#ended) {
      const held = assignments.of(consumer);
      consumer.pause(held.filter((entry) => !paused.includes(entry)));
      paused = held;
      await consumer.poll(1);
      await sleep(IDLE_MS_MAX);
    }
  }

  /** Until a message comes. A rebalance waits for each of these polls, so none takes long. Returns when it ended. */
  async #rest(): Promise<number> {
    const { consumer, budget, assignments, delays } = this.#options;
    let count = 0;
    while (count === 0 && !this.#stopped && assignments.holdsAny(consumer)) {
      this.#lastTickAt = performance.now();
      const reserved = delays === undefined ? budget.reserve(true) : 0;
      if (reserved > 1) budget.take(consumer, nothing, reserved - 1);
      if (reserved > 0) count = await this.#poll(1, WAIT_MS);
      const leftMs = IDLE_MS_MAX - (performance.now() - this.#lastTickAt);
      if (count > 0 || leftMs <= 0) continue;
      await sleep(leftMs); // not every client can wait
      break;
    }
    return performance.now();
  }

  async #poll(reserved: number, waitMs?: number): Promise<number> {
    const { consumer, budget, durations, delays, onPoll } = this.#options;
    await delays?.wake();
    const startedAt = performance.now();
    const polled = await this.#read(reserved, waitMs);
    const { length } = polled.messages;
    const isMeasured = waitMs === undefined;
    if (length > 0 && isMeasured) durations.record(performance.now() - startedAt);
    if (length > 0) onPoll?.(polled.messages, startedAt, isMeasured);
    budget.take(consumer, polled, reserved);
    return length;
  }

  async #read(max: number, waitMs?: number): Promise<Polled> {
    const { consumer, delays } = this.#options;
    const polled = await consumer.poll(max, waitMs);
    return delays?.due(polled) ?? polled;
  }

  /** There has been no room for even one message for a long time: leave the messages on the broker. */
  async #pause(): Promise<void> {
    const { consumer, budget, room, assignments, onPoll } = this.#options;
    let paused: readonly OffsetLedger[] = [];
    let reserved = 0;
    while (!this.#stopped && reserved === 0) {
      paused = assignments.of(consumer); // looked up every time: a rebalance may have added some
      consumer.pause(paused);
      // Serves rebalances. It may still return one message: the table reserves a slot for it.
      const startedAt = performance.now();
      const polled = await this.#read(1);
      if (polled.messages.length > 0) onPoll?.(polled.messages, startedAt, false);
      budget.take(consumer, polled, 0);
      await room.wait(PAUSED_POLL_MS);
      this.#lastTickAt = performance.now();
      reserved = budget.reserve(false);
    }
    budget.take(consumer, nothing, reserved); // this only checked; the loop reserves again
    const held = assignments.of(consumer);
    consumer.resume(paused.filter((entry) => held.includes(entry)));
  }
}
