import type { LibrdkafkaProperties } from '../config/librdkafka.ts';
import type { Config } from '../config/schema.ts';
import { GroupReader } from '../kafka/group-reader.ts';
import type { ErrorType, TopicPartitionOffset } from '../types.ts';
import { Replayed } from './replayed.ts';

/** A consumer group whose offsets record which dead letters of one reason have been replayed. */
interface ReasonGroup {
  readonly reader: GroupReader;
  /** By partition. */
  readonly replayed: Replayed[];
  /** By partition, what this run has passed: everything before it that it was asked for has been replayed. */
  readonly passed: number[];
}

/** Dead letters of one reason in one partition: the offsets of the first and the last of them. */
export interface LetterSpan {
  readonly first: number;
  readonly last: number;
}

/** What is to be committed in the group of a reason. */
export interface ReplayOffsets {
  readonly reader: GroupReader;
  readonly offsets: readonly TopicPartitionOffset[];
  /** Call when that is committed. */
  readonly confirm: () => void;
}

/**
 * The progress of replays, kept in Kafka. Each reason has its own group, `GROUP-replay-REASON`: replaying one reason
 * today and the others tomorrow replays each dead letter once, however they are mixed in the topic. A run that begins
 * later (`--since`) leaves what is older as it is.
 */
export class ReplayProgress {
  readonly #config: Config;
  readonly #properties: LibrdkafkaProperties;
  readonly #beginsLater: boolean;
  readonly #groups = new Map<ErrorType, Promise<ReasonGroup>>();

  /** `beginsLater`: a run passes over dead letters that it was not asked for, before those that it was. */
  constructor(config: Config, properties: LibrdkafkaProperties, beginsLater = false) {
    this.#config = config;
    this.#properties = properties;
    this.#beginsLater = beginsLater;
  }

  async isDone(reason: ErrorType, partition: number, offset: number): Promise<boolean> {
    return (await this.#groupOf(reason)).replayed[partition]?.has(offset) === true;
  }

  /** What to commit so that none of these dead letters is replayed again. KS_STATE */
  async offsetsFor(reason: ErrorType, spans: ReadonlyMap<number, LetterSpan>): Promise<ReplayOffsets> {
    const topic = this.#config.kafka.dlq_topic;
    const { reader, replayed, passed } = await this.#groupOf(reason);
    const changed = Array.from(spans, ([partition, { first, last }]) => {
      const from = passed[partition] ?? (this.#beginsLater ? first : 0);
      const known = replayed[partition] ?? Replayed.read(undefined);
      return { partition, end: last + 1, now: known.with(from, last + 1) };
    });
    return {
      reader,
      offsets: changed.map(({ partition, now: { next: offset, text } }) => ({
        ...{ topic, partition, offset },
        ...(text !== undefined && { metadata: text }),
      })),
      confirm: () => {
        for (const { partition, end, now } of changed) {
          replayed[partition] = now;
          passed[partition] = end;
        }
      },
    };
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
      const partitions = await reader.partitionsOf(this.#config.kafka.dlq_topic);
      const committed = await reader.committedEntries(partitions);
      return { reader, replayed: committed.map((entry) => Replayed.read(entry)), passed: [] };
    } catch (error) {
      await reader.close();
      throw error;
    }
  }
}
