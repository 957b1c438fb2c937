import type { ConsumerClient } from '../clients.ts';
import { type Signal, sleep } from '../signal.ts';
import type { SourceMessage, TopicPartition } from '../types.ts';

export interface PollLoopOptions {
  readonly consumer: ConsumerClient;
  /** How many messages may be read now. What it returns is reserved until `deliver` is called. */
  readonly reserve: () => number;
  /** Takes what a poll brought, and gives the rest of the reservation back. */
  readonly deliver: (consumer: ConsumerClient, messages: readonly SourceMessage[], reserved: number) => void;
  /** Duration of a poll that brought something, ms. */
  readonly onPolled: (durationMs: number) => void;
  /** Notified when `reserve` may return more than before. */
  readonly room: Signal;
  /** Partitions to pause when a stall lasts. */
  readonly assigned: () => readonly TopicPartition[];
}

/** Between polls that found less than they could take: lets messages gather, so that each poll pays. */
const GATHER_MS = 4;
const IDLE_MS_MAX = 10;
/** pause() throws the prefetched messages away, so it is only for stalls that last. */
const PAUSE_AFTER_MS = 2_000;
/** While paused, librdkafka still wants to be asked before max.poll.interval.ms is over. */
const PAUSED_POLL_MS = 1_000;

/** Reads from one consumer for as long as there is room: the first stage, and the only place that polls. */
export class PollLoop {
  readonly #options: PollLoopOptions;
  #running: Promise<void> = Promise.resolve();
  #stopped = false;
  #lastTickAt = performance.now();

  constructor(options: PollLoopOptions) {
    this.#options = options;
  }

  /** `onError` gets what must never happen: an error of programming. */
  start(onError: (error: unknown) => void): void {
    this.#running = this.#run().catch(onError);
  }

  /** Milliseconds since the loop last came round; a large figure means that it hangs. */
  get silentMs(): number {
    return performance.now() - this.#lastTickAt;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#options.room.notify();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { consumer, reserve, deliver, onPolled } = this.#options;
    let idleMs = 1;
    while (!this.#stopped) {
      this.#lastTickAt = performance.now();
      const reserved = reserve();
      if (reserved === 0) {
        await this.#stall();
        continue;
      }
      const startedAt = performance.now();
      const messages = await consumer.poll(reserved);
      if (messages.length > 0) onPolled(performance.now() - startedAt);
      deliver(consumer, messages, reserved);
      if (messages.length === reserved) continue;
      idleMs = messages.length > 0 ? GATHER_MS : Math.min(idleMs * 2, IDLE_MS_MAX);
      await sleep(idleMs);
    }
  }

  /** Waits for room. Not asking is the back-pressure; pausing comes only after a while. */
  async #stall(): Promise<void> {
    const { consumer, room, assigned, deliver } = this.#options;
    const since = performance.now();
    let paused: readonly TopicPartition[] = [];
    while (!this.#stopped) {
      await room.wait(PAUSED_POLL_MS);
      this.#lastTickAt = performance.now();
      const reserved = this.#options.reserve();
      if (reserved > 0) {
        deliver(consumer, [], reserved); // only asked; the loop reserves again
        break;
      }
      if (performance.now() - since <= PAUSE_AFTER_MS) continue;
      paused = assigned(); // again each time: a rebalance may have brought new ones
      consumer.pause(paused);
      // Serves rebalances. One message may still come: the table keeps a slot for it.
      deliver(consumer, await consumer.poll(1), 0);
    }
    const held = assigned();
    consumer.resume(paused.filter((entry) => held.includes(entry)));
  }
}
