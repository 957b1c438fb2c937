import type { AcknowledgedClient, ConsumerClient, TransactionalClient } from '../clients.ts';
import { KubesentimentError } from '../errors.ts';
import type { TopicPartitionOffset } from '../types.ts';

/** The offsets that each consumer has finished. */
export type OffsetsByConsumer = ReadonlyMap<ConsumerClient, TopicPartitionOffset[]>;

/** How records and source offsets reach the broker. One cycle at a time: begin, produce, then finish or undo. */
export interface Delivery {
  /** How long to leave the broker alone after a cycle, ms. */
  readonly restMs: number;
  begin(): Promise<void>;
  /** Resolves when records and offsets are durable. `stillOurs` is called at the last moment. */
  finish(offsets: OffsetsByConsumer, stillOurs: () => void): Promise<void>;
  /**
   * Call after a failure. Returns true if the cycle turned out to have succeeded after all. If it rejects, it may be
   * called again.
   */
  undo(): Promise<boolean>;
}

/** Called when the group no longer knows a consumer: its partitions already belong to others. */
export type OnFenced = (consumer: ConsumerClient) => void;

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
  /** Offsets of a commit whose answer has not arrived. */
  #inDoubt: OffsetsByConsumer | undefined;

  constructor(producer: TransactionalClient, onFenced: OnFenced) {
    this.#producer = producer;
    this.#onFenced = onFenced;
  }

  begin(): Promise<void> {
    this.#inDoubt = undefined;
    return this.#producer.begin();
  }

  async finish(offsets: OffsetsByConsumer, stillOurs: () => void): Promise<void> {
    // Each consumer sends its own offsets: the broker checks them against that member's generation.
    for (const [consumer, list] of offsets) {
      await reportFenced(consumer, this.#onFenced, this.#producer.sendOffsets(consumer, list));
    }
    stillOurs();
    this.#inDoubt = offsets;
    await this.#producer.commit();
  }

  /** If the answer to a commit was lost, only the group's offsets show how it ended. */
  async undo(): Promise<boolean> {
    await this.#producer.abort();
    return this.#inDoubt !== undefined && (await areCommitted(this.#inDoubt));
  }
}

/** Offsets are committed after every record is acknowledged: a crash in between duplicates, but never loses. */
export class AtLeastOnceDelivery implements Delivery {
  readonly restMs = 0;
  readonly #producer: AcknowledgedClient;
  readonly #onFenced: OnFenced;

  constructor(producer: AcknowledgedClient, onFenced: OnFenced) {
    this.#producer = producer;
    this.#onFenced = onFenced;
  }

  async begin(): Promise<void> {}

  async finish(offsets: OffsetsByConsumer, stillOurs: () => void): Promise<void> {
    await this.#producer.flush();
    stillOurs();
    for (const [consumer, list] of offsets)
      await reportFenced(consumer, this.#onFenced, consumer.commit(list));
  }

  /** What was produced remains; the same results are sent again. */
  async undo(): Promise<boolean> {
    return false;
  }
}

async function areCommitted(offsets: OffsetsByConsumer): Promise<boolean> {
  for (const [consumer, list] of offsets) if (!(await consumer.hasCommitted(list))) return false;
  return true;
}

async function reportFenced(
  consumer: ConsumerClient,
  onFenced: OnFenced,
  call: Promise<void>,
): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (error instanceof KubesentimentError && error.code === 'KS_MEMBER_FENCED') onFenced(consumer);
    throw error;
  }
}
