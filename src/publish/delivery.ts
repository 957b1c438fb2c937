import type { AcknowledgedClient, ConsumerClient, TransactionalClient } from '../clients.ts';
import { KubesentimentError } from '../errors.ts';
import { withTimeout } from '../timing.ts';
import type { TopicPartitionOffset } from '../types.ts';
import { isOurs, OffsetCommit, type OnFenced, type StateOf } from './offset-commit.ts';

/** The offsets that each consumer has finished. */
export type OffsetsByConsumer = ReadonlyMap<ConsumerClient, TopicPartitionOffset[]>;

/** Consumers whose offsets still have to be committed, although their records are durable. */
export type LateCommits = ReadonlyMap<ConsumerClient, OffsetCommit>;
const nothingLate: LateCommits = new Map();

/** How records and source offsets reach the broker. One cycle at a time: begin, produce, finish or undo. */
export interface Delivery {
  /** How long to leave the broker alone after a cycle, ms. */
  readonly restMs: number;
  begin(): Promise<void>;
  /** Resolves when records and offsets are durable, except for the offsets that it returns. */
  finish(offsets: OffsetsByConsumer, stateOf: StateOf): Promise<LateCommits>;
  /**
   * Call after a failure. Resolves like `finish` if the cycle turned out to have succeeded after all, otherwise with
   * undefined. May be called again if it rejects.
   */
  undo(): Promise<LateCommits | undefined>;
}

/** Depends on the kind of producer. */
export function createDelivery(
  producer: TransactionalClient | AcknowledgedClient,
  onFenced: OnFenced,
): Delivery {
  return 'flush' in producer
    ? new AtLeastOnceDelivery(producer, onFenced)
    : new ExactlyOnceDelivery(producer, onFenced);
}

/** Records and offsets become visible together or not at all. */
export class ExactlyOnceDelivery implements Delivery {
  /**
   * The coordinator answers a commit before it has marked the end of the transaction in every partition. A
   * transaction that begins in between is turned away, and librdkafka retries only after 20 ms or more.
   */
  readonly restMs = 8;
  readonly #producer: TransactionalClient;
  readonly #onFenced: OnFenced;
  #offsets: OffsetsByConsumer = new Map();

  constructor(producer: TransactionalClient, onFenced: OnFenced) {
    this.#producer = producer;
    this.#onFenced = onFenced;
  }

  begin(): Promise<void> {
    return this.#producer.begin();
  }

  async finish(offsets: OffsetsByConsumer, stateOf: StateOf): Promise<LateCommits> {
    this.#offsets = offsets;
    // Each consumer sends its own offsets: the broker checks them against that member's generation.
    for (const [consumer, list] of offsets) await this.#send(consumer, list);
    checkHeld(offsets, stateOf);
    await this.#producer.commit();
    return nothingLate;
  }

  /**
   * If the answer to a commit was lost, the group's offsets show how it ended. They mean nothing if no commit of ours
   * was in progress: then a late commit of an earlier transaction may have moved them.
   */
  async undo(): Promise<LateCommits | undefined> {
    await this.#producer.abort();
    const isThrough = this.#producer.mayHaveCommitted && (await areCommitted(this.#offsets));
    return isThrough ? nothingLate : undefined;
  }

  async #send(consumer: ConsumerClient, offsets: readonly TopicPartitionOffset[]): Promise<void> {
    try {
      await this.#producer.sendOffsets(consumer, offsets);
    } catch (error) {
      if (error instanceof KubesentimentError && error.code === 'KS_MEMBER_FENCED') this.#onFenced(consumer);
      throw error;
    }
  }
}

/** A commit that takes longer than this delays only its own partitions. */
const LATE_MS = 200;

/**
 * Offsets are committed after every record is acknowledged: a crash in between duplicates, but never loses. Without a
 * crash acknowledged records are not written again: only the commit is retried.
 */
export class AtLeastOnceDelivery implements Delivery {
  readonly restMs = 0;
  readonly #producer: AcknowledgedClient;
  readonly #onFenced: OnFenced;
  /** All records have been produced, and some are not acknowledged yet. */
  #unfinished: { readonly offsets: OffsetsByConsumer; readonly stateOf: StateOf } | undefined;

  constructor(producer: AcknowledgedClient, onFenced: OnFenced) {
    this.#producer = producer;
    this.#onFenced = onFenced;
  }

  async begin(): Promise<void> {
    this.#unfinished = undefined;
  }

  async finish(offsets: OffsetsByConsumer, stateOf: StateOf): Promise<LateCommits> {
    this.#unfinished = { offsets, stateOf };
    await this.#producer.flush();
    this.#unfinished = undefined;
    const commits = new Map(
      [...offsets].map(([consumer, list]) => [
        consumer,
        new OffsetCommit({ consumer, offsets: list, stateOf, onFenced: this.#onFenced }),
      ]),
    );
    const all = Promise.all([...commits.values()].map(({ done }) => done));
    await withTimeout(all, LATE_MS, () => undefined);
    return new Map([...commits].filter(([, { isDone }]) => !isDone));
  }

  /**
   * Waits for records that may still be acknowledged. Once one of them has failed, all of them are sent again.
   */
  async undo(): Promise<LateCommits | undefined> {
    const unfinished = this.#unfinished;
    if (unfinished === undefined || this.#producer.unacknowledged === 0) return undefined;
    return this.finish(unfinished.offsets, unfinished.stateOf);
  }
}

/** A partition that another member already has must not get offsets or results from us. */
function checkHeld(offsets: OffsetsByConsumer, stateOf: StateOf): void {
  for (const [consumer, list] of offsets) {
    const lost = list.find((entry) => !isOurs(stateOf(consumer, entry)));
    if (lost === undefined) continue;
    throw new KubesentimentError(
      'KS_KAFKA_ABORTABLE',
      `Partition ${lost.topic}/${lost.partition} was lost to another member.`,
    );
  }
}

async function areCommitted(offsets: OffsetsByConsumer): Promise<boolean> {
  for (const [consumer, list] of offsets) if (!(await consumer.hasCommitted(list))) return false;
  return true;
}
