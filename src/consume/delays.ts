import type { ConsumerClient, Polled } from '../clients.ts';
import type { RetryTopics } from '../retry-topics.ts';
import type { SourceMessage, TopicPartition, TopicPartitionOffset } from '../types.ts';
import type { Assignments } from './assignments.ts';
import type { OffsetLedger } from './offset-ledger.ts';

export interface DelaysOptions {
  readonly consumer: ConsumerClient;
  readonly assignments: Pick<Assignments, 'find'>;
  readonly retries: Pick<RetryTopics, 'dueAtMs'>;
  /** Clock of due times, ms since 1970. */
  readonly now?: () => number;
}

/** A partition whose next record is not due yet. */
interface Rest {
  readonly offset: number;
  /** `performance.now()`, so that a clock that is set back makes nobody wait longer. */
  readonly untilMs: number;
}

/** How soon a partition is tried again that could not be woken. */
const AGAIN_MS = 1_000;

/**
 * Lets the partitions of retry topics rest until their next record is due. All records of a topic wait equally long, so
 * none that is due stands behind one that is not. A resting partition is paused: nothing of it is fetched or kept. What
 * was read behind the record, or is read meanwhile because somebody has resumed the partition, is dropped, and the
 * partition is read from the record on when its time has come.
 */
export class Delays {
  readonly #options: DelaysOptions;
  readonly #now: () => number;
  readonly #rests = new Map<OffsetLedger, Rest>();
  /** The record for which the partition has rested: it need not wait again, whatever the clock says. */
  readonly #rested = new WeakMap<OffsetLedger, number>();

  constructor(options: DelaysOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  isResting(ledger: OffsetLedger): boolean {
    return this.#rests.has(ledger);
  }

  /** Call before a poll: partitions whose time has come are read again. */
  async wake(): Promise<void> {
    for (const [ledger, rest] of this.#rests) {
      const holder = this.#holder(ledger);
      if (holder !== ledger) {
        this.#rests.delete(ledger);
        if (holder !== undefined) this.#options.consumer.resume([holder]); // it has another log
      } else if (performance.now() >= rest.untilMs && (await this.#goTo(ledger, rest))) {
        this.#rests.delete(ledger);
      }
    }
  }

  /** What may be processed now. */
  due({ messages, ends }: Polled): Polled {
    const now = this.#now();
    const due: SourceMessage[] = [];
    const dropped = new Set<OffsetLedger>();
    for (const message of messages) {
      const ledger = this.#holder(message);
      if (ledger === undefined) continue;
      const dueAtMs = this.#options.retries.dueAtMs(message, now);
      if (dueAtMs === undefined) continue; // of another group: the next offset that is committed lies behind it
      const mayBeTaken = dueAtMs <= now || this.#rested.get(ledger) === message.offset;
      if (this.#rests.has(ledger)) dropped.add(ledger);
      else if (mayBeTaken || !ledger.isNew(message.offset)) due.push(message);
      else {
        this.#rests.set(ledger, { offset: message.offset, untilMs: performance.now() + dueAtMs - now });
        dropped.add(ledger);
      }
    }
    if (dropped.size > 0) this.#options.consumer.pause([...dropped]);
    return { messages: due, ends: ends.filter((end) => !this.#isBehindRest(end)) };
  }

  /** The end will be reached again. */
  #isBehindRest(end: TopicPartitionOffset): boolean {
    const ledger = this.#holder(end);
    return ledger !== undefined && this.#rests.has(ledger);
  }

  /** False if that was not possible just now. */
  async #goTo(ledger: OffsetLedger, { offset }: Rest): Promise<boolean> {
    const { consumer } = this.#options;
    const { topic, partition } = ledger;
    try {
      await consumer.seek({ topic, partition, offset: goOnAt(ledger, offset) });
    } catch {
      this.#rests.set(ledger, { offset, untilMs: performance.now() + AGAIN_MS });
      return false;
    }
    this.#rested.set(ledger, offset);
    if (this.#holder(ledger) === ledger) consumer.resume([{ topic, partition }]);
    return true;
  }

  #holder({ topic, partition }: TopicPartition): OffsetLedger | undefined {
    const { consumer, assignments } = this.#options;
    return assignments.find(consumer, topic, partition);
  }
}

/** Records before the one that rests were not taken either, if the partition was in doubt when they came. */
function goOnAt({ next, committedOffset }: OffsetLedger, rest: number): number {
  const first = Math.max(next, committedOffset);
  const isKnown = next > 0 || committedOffset >= 0;
  return isKnown ? Math.min(first, rest) : rest;
}
