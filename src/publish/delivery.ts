import type { AcknowledgedClient, ConsumerClient, TransactionalClient } from '../clients.ts';
import { KubesentimentError } from '../errors.ts';
import type { TopicPartitionOffset } from '../types.ts';

/** The offsets that each consumer has finished. */
export type OffsetsByConsumer = ReadonlyMap<ConsumerClient, TopicPartitionOffset[]>;

/** How records and source offsets reach the broker. One cycle at a time: begin, produce, finish or undo. */
export interface Delivery {
  /** How long the broker is left alone after a cycle, ms. */
  readonly restMs: number;
  begin(): Promise<void>;
  /** Resolves when records and offsets are durable. `stillOurs` is asked at the last moment. */
  finish(offsets: OffsetsByConsumer, stillOurs: () => void): Promise<void>;
  /**
   * After a failure. True: the cycle turned out to be through all the same. May be called again when it failed.
   */
  undo(): Promise<boolean>;
}

/** Told when the group no longer knows a consumer: its partitions belong to others by now. */
export type OnFenced = (consumer: ConsumerClient) => void;

/** The kind of producer decides. */
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
   * The coordinator answers a commit before it has marked the end of the transaction in every partition. Whoever begins
   * the next one meanwhile is sent away, and librdkafka comes back only after 20 ms or more.
   */
  readonly restMs = 8;
  readonly #producer: TransactionalClient;
  readonly #onFenced: OnFenced;
  /** Of a commit whose answer has not come. */
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
    // Each consumer sends its own: the broker checks them against that member's generation.
    for (const [consumer, list] of offsets) {
      await reportFenced(consumer, this.#onFenced, this.#producer.sendOffsets(consumer, list));
    }
    stillOurs();
    this.#inDoubt = offsets;
    await this.#producer.commit();
  }

  /** Only the offsets of the group tell how a commit ended whose answer was lost. */
  async undo(): Promise<boolean> {
    await this.#producer.abort();
    return this.#inDoubt !== undefined && (await areCommitted(this.#inDoubt));
  }
}

/** Offsets are committed after every record is acknowledged: a crash in between doubles, never loses. */
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

  /** What was produced stays; the same results are sent again. */
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
