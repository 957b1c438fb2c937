import type { LibrdkafkaProperties } from '../config/librdkafka.ts';
import type { Config } from '../config/schema.ts';
import { GroupReader } from '../kafka/group-reader.ts';
import type { ErrorType, TopicPartitionOffset } from '../types.ts';

/** A consumer group whose offsets record how far the dead letters of one reason have been replayed. */
interface ReasonGroup {
  readonly reader: GroupReader;
  /** The next offset to replay, by partition. */
  readonly next: number[];
}

/**
 * The progress of replays, kept in Kafka. Each reason has its own group, `GROUP-replay-REASON`: replaying one reason
 * today and the others tomorrow replays each dead letter once, however they are mixed in the topic.
 */
export class ReplayProgress {
  readonly #config: Config;
  readonly #properties: LibrdkafkaProperties;
  readonly #groups = new Map<ErrorType, Promise<ReasonGroup>>();

  constructor(config: Config, properties: LibrdkafkaProperties) {
    this.#config = config;
    this.#properties = properties;
  }

  async isDone(reason: ErrorType, partition: number, offset: number): Promise<boolean> {
    return offset < ((await this.#groupOf(reason)).next[partition] ?? 0);
  }

  /** The offsets to commit so that nothing up to these dead letters is replayed again. */
  async offsetsFor(
    reason: ErrorType,
    partitions: ReadonlyMap<number, number>,
  ): Promise<{ reader: GroupReader; offsets: TopicPartitionOffset[] }> {
    const topic = this.#config.kafka.dlq_topic;
    const offsets = Array.from(partitions, ([partition, last]) => ({ topic, partition, offset: last + 1 }));
    return { reader: (await this.#groupOf(reason)).reader, offsets };
  }

  async close(): Promise<void> {
    const groups = await Promise.allSettled(this.#groups.values());
    const opened = groups.flatMap((group) => (group.status === 'fulfilled' ? [group.value.reader] : []));
    await Promise.all(opened.map((reader) => reader.close()));
  }

  #groupOf(reason: ErrorType): Promise<ReasonGroup> {
    const known = this.#groups.get(reason) ?? this.#open(reason);
    this.#groups.set(reason, known);
    return known;
  }

  async #open(reason: ErrorType): Promise<ReasonGroup> {
    const reader = new GroupReader({
      group: `${this.#config.kafka.consumer_group}-replay-${reason}`,
      properties: this.#properties,
      openOffsets: 'wait',
    });
    try {
      await reader.connect();
      const committed = await reader.committed(await reader.partitionsOf(this.#config.kafka.dlq_topic));
      return { reader, next: committed.map((offset) => offset ?? 0) };
    } catch (error) {
      await reader.close();
      throw error;
    }
  }
}
