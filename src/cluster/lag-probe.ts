import type { Config } from '../config/schema.ts';
import { GroupReader, type PartitionEnds } from '../kafka/group-reader.ts';
import type { SourceMessage, TopicPartition } from '../types.ts';
import { clusterProperties } from './access.ts';

/** ok: nothing waits long · behind: it waits, but the group moves · stalled: it waits and the group stands still. */
export type LagStatus = 'ok' | 'behind' | 'stalled';

export interface PartitionLag extends TopicPartition {
  /** The next offset the group will read; null: it has committed none. */
  readonly committed: number | null;
  readonly end: number;
  /** Messages that wait. */
  readonly messages: number;
  /** Age of the oldest one that waits; null when it could not be read in time. */
  readonly seconds: number | null;
  readonly status: LagStatus;
}

export interface LagReport {
  readonly group: string;
  readonly at: string;
  readonly partitions: readonly PartitionLag[];
  readonly messages: number;
}

/** A message that waits less than this is on its way. */
const BEHIND_S = 5;
const READ_TIMEOUT_MS = 3_000;

interface Look extends TopicPartition {
  readonly committed: number | undefined;
  readonly ends: PartitionEnds;
}

/** Compares what a group has committed with the ends of its topics, from outside: it needs no running consumer. */
export class LagProbe {
  readonly #config: Config;
  readonly #reader: GroupReader;
  #partitions: TopicPartition[] = [];
  /** Committed offsets of the last look, by `topic/partition`. */
  #before = new Map<string, number | undefined>();

  constructor(config: Config) {
    this.#config = config;
    this.#reader = new GroupReader({
      group: config.kafka.consumer_group,
      properties: clusterProperties(config),
    });
  }

  /** KS_BROKER_UNREACHABLE, KS_TOPIC_MISSING, KS_NOT_AUTHORIZED. */
  async connect(): Promise<void> {
    await this.#reader.connect();
    for (const topic of this.#config.kafka.topic) {
      this.#partitions.push(...(await this.#reader.partitionsOf(topic)));
    }
  }

  /** Whether a group stands still shows only against an earlier look: the first one says `behind` at worst. */
  async look(): Promise<LagReport> {
    const committed = await this.#reader.committed(this.#partitions);
    const ends = await this.#reader.ends(this.#partitions);
    const looks = this.#partitions.map((partition, index) => ({
      ...partition,
      committed: committed[index],
      ends: ends[index] as PartitionEnds,
    }));
    const waiting = looks.filter(({ ends, ...look }) => ends.high > this.#next({ ends, ...look }));
    const oldest = await this.#reader.firstRecords(
      waiting.map((look) => ({ topic: look.topic, partition: look.partition, offset: this.#next(look) })),
      READ_TIMEOUT_MS,
    );
    const oldestOf = new Map(waiting.map((look, index) => [nameOf(look), oldest[index]]));
    const partitions = looks.map((look) => this.#lagOf(look, oldestOf.get(nameOf(look))));
    this.#before = new Map(looks.map((look) => [nameOf(look), look.committed]));
    return {
      group: this.#config.kafka.consumer_group,
      at: new Date().toISOString(),
      partitions,
      messages: partitions.reduce((sum, { messages }) => sum + messages, 0),
    };
  }

  close(): Promise<void> {
    return this.#reader.close();
  }

  /** Where the group goes on: without a committed offset, where `auto_offset_reset` says. */
  #next({ committed, ends }: Look): number {
    if (committed !== undefined) return Math.max(committed, ends.low);
    return this.#config.kafka.auto_offset_reset === 'latest' ? ends.high : ends.low;
  }

  #lagOf(look: Look, oldest: SourceMessage | undefined | 'late'): PartitionLag {
    const { topic, partition, committed, ends } = look;
    // Behind the last message there can be records of transactions, which nobody ever reads.
    const messages =
      oldest === undefined ? 0 : ends.high - (oldest === 'late' ? this.#next(look) : oldest.offset);
    const timestamp = oldest === 'late' ? undefined : oldest?.timestamp;
    const age = timestamp === undefined ? null : Math.max(0, (Date.now() - timestamp) / 1_000);
    const seconds = messages === 0 ? 0 : age;
    const name = nameOf(look);
    const stoodStill = this.#before.has(name) && this.#before.get(name) === committed;
    return {
      topic,
      partition,
      committed: committed ?? null,
      end: ends.high,
      messages,
      seconds,
      status: lagStatus(messages, seconds, stoodStill),
    };
  }
}

export function lagStatus(messages: number, seconds: number | null, stoodStill: boolean): LagStatus {
  if (messages === 0 || (seconds !== null && seconds < BEHIND_S)) return 'ok';
  return stoodStill ? 'stalled' : 'behind';
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}
