import { setTimeout as sleep } from 'node:timers/promises';
import type { ConsumerClient } from '../clients.ts';
import { type Signal, untilTick } from '../signal.ts';
import type { LatencyHistogram } from '../metrics/histogram.ts';
import type { SourceMessage, TopicPartition } from '../types.ts';
import type { Assignments } from './assignments.ts';
import type { OffsetLedger } from './offset-ledger.ts';

/** How much may be read, and who takes it. */
export interface Budget {
  /**
   * How many messages may be read now; reserved until `take`. `serving`: at least one, if there is any
   * place at all, since polling is also how librdkafka gets to tell of rebalances.
   */
  reserve(serving: boolean): number;
  /** Takes what a poll brought and gives the rest of the reservation back. */
  take(consumer: ConsumerClient, messages: readonly SourceMessage[], reserved: number): void;
}

export interface PollLoopOptions {
  readonly consumer: ConsumerClient;
  readonly budget: Budget;
  /** Notified when `reserve` may return more than before. */
  readonly room: Signal;
  readonly assignments: Pick<Assignments, 'of' | 'holdsAny'>;
  /** Duration of each poll that brought something, ms. */
  readonly durations: Pick<LatencyHistogram, 'record'>;
}

/** Between polls that found less than they could take: lets messages gather, so that each poll pays. */
const GATHER_MS = 4;
const IDLE_MS_MAX = 10;
/** How long the group may wait for an answer of a consumer that has enough to do, or nothing to read. */
const SERVE_MS = 100;
/** pause() throws the prefetched messages away, so it is only for stalls that last. */
const PAUSE_AFTER_MS = 2_000;
const PAUSED_POLL_MS = 1_000;

/** Reads from one consumer for as long as there is room: the first stage, and the place that polls. */
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
   * `onError` gets what must never happen: an error of programming. Without `takes` it only keeps the consumer's place
   * in the group.
   */
  start(onError: (error: unknown) => void, takes = true): void {
    this.#stopped = !takes;
    this.#taking = this.#take().catch(onError);
    this.#serving = this.#taking.then(() => this.#serve()).catch(onError);
  }

  /** Milliseconds since the loop last came round; a large figure means that it hangs. 0 once it is stopped. */
  get silentMs(): number {
    return this.#stopped ? 0 : performance.now() - this.#lastTickAt;
  }

  /** Takes nothing more. Polls go on: by them commits are answered and partitions asked back. */
  async stopTaking(): Promise<void> {
    this.#stopped = true;
    this.#options.room.notify();
    await this.#taking;
  }

  /** The last poll is over when it resolves. */
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
      // Half: a poll ends a little after the tick that it began with.
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
      await sleep(assignments.holdsAny(consumer) ? idleMs : untilTick(SERVE_MS));
    }
  }

  /** What is read nevertheless is dropped, and read again by the next owner: its offset is never committed. */
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

  async #poll(reserved: number): Promise<number> {
    const { consumer, budget, durations } = this.#options;
    const startedAt = performance.now();
    const messages = await consumer.poll(reserved);
    if (messages.length > 0) durations.record(performance.now() - startedAt);
    budget.take(consumer, messages, reserved);
    return messages.length;
  }

  /** There has been no place for a single message for long: the partitions wait at the broker. */
  async #pause(): Promise<void> {
    const { consumer, budget, room, assignments } = this.#options;
    let paused: readonly OffsetLedger[] = [];
    let reserved = 0;
    while (!this.#stopped && reserved === 0) {
      paused = assignments.of(consumer); // again each time: a rebalance may have brought new ones
      consumer.pause(paused);
      // Serves rebalances. One message may still come: the table keeps a slot for it.
      budget.take(consumer, await consumer.poll(1), 0);
      await room.wait(PAUSED_POLL_MS);
      this.#lastTickAt = performance.now();
      reserved = budget.reserve(false);
    }
    budget.take(consumer, [], reserved); // only asked; the loop reserves again
    const held = assignments.of(consumer);
    consumer.resume(paused.filter((entry) => held.includes(entry)));
  }
}
