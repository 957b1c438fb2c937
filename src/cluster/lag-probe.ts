import type { Config } from '../config/schema.ts';
import { GroupReader, type PartitionEnds } from '../kafka/group-reader.ts';
import type { HeldBack, HeldBackReader } from '../kafka/held-back.ts';
import { LagWatch, nothingHeldBack, type PartitionLag, type PartitionPosition } from '../lag.ts';
import { recordAgeMs } from '../record-age.ts';
import { openRetryTopics, type RetryTopics } from '../retry-topics.ts';
import type { SourceMessage, TopicPartition } from '../types.ts';
import { isPattern } from '../topic-patterns.ts';
import { clusterProperties, heldBackReader } from './access.ts';
import { groupTopics } from './matched-topics.ts';

export interface LagReport {
  readonly group: string;
  readonly at: string;
  /** Whether the group has committed anything in these topics. */
  readonly isKnown: boolean;
  readonly partitions: readonly PartitionLag[];
  readonly messages: number;
}

const READ_TIMEOUT_MS = 3_000;

interface Look extends TopicPartition {
  readonly committed: number | undefined;
  readonly ends: PartitionEnds;
}

/** What the probe needs to know about the cluster. */
export type LagReader = Pick<
  GroupReader,
  'connect' | 'metadata' | 'partitionsOf' | 'committed' | 'ends' | 'firstRecords' | 'close'
>;

/** What it asks for records behind open transactions. */
export type OpenTransactions = Pick<HeldBackReader, 'find' | 'close'>;

/** Compares what a group has committed with the ends of its topics, from outside: no consumer has to be running. */
export class LagProbe {
  readonly #config: Config;
  readonly #reader: LagReader;
  readonly #open: OpenTransactions;
  readonly #watch: LagWatch;
  readonly #retries: RetryTopics | undefined;
  #partitions: readonly TopicPartition[] = [];

  constructor(
    config: Config,
    reader: LagReader = createReader(config),
    open: OpenTransactions = heldBackReader(config),
    watch = new LagWatch(),
  ) {
    this.#config = config;
    this.#reader = reader;
    this.#open = open;
    this.#watch = watch;
    this.#retries = openRetryTopics(config.kafka);
  }

  /** KS_BROKER_UNREACHABLE, KS_TOPIC_MISSING, KS_NOT_AUTHORIZED. */
  async connect(): Promise<void> {
    await this.#reader.connect();
    await this.#findPartitions();
  }

  async #findPartitions(): Promise<void> {
    const topics = await groupTopics(this.#config, this.#reader);
    this.#partitions = (await Promise.all(topics.map((topic) => this.#reader.partitionsOf(topic)))).flat();
  }

  /** Only a later look can tell that a group is stalled: the first one says `behind` at worst. */
  async look(): Promise<LagReport> {
    if (this.#config.kafka.topic.some(isPattern)) await this.#findPartitions();
    const committed = await this.#reader.committed(this.#partitions);
    const ends = await this.#reader.ends(this.#partitions);
    const looks = this.#partitions.map((partition, index) => ({
      ...partition,
      committed: committed[index],
      ends: ends[index] as PartitionEnds,
    }));
    const waiting = looks.filter((look) => look.ends.high > this.#next(look));
    const oldest = await this.#reader.firstRecords(
      waiting.map((look) => ({ topic: look.topic, partition: look.partition, offset: this.#next(look) })),
      READ_TIMEOUT_MS,
    );
    const oldestOf = new Map(waiting.map((look, index) => [look, oldest[index]]));
    const held = await this.#open.find(this.#partitions, this.#reader);
    const partitions = this.#watch.judge(
      looks.map((look) => this.#position(look, oldestOf.get(look), held.find(isOf(look)))),
    );
    return {
      group: this.#config.kafka.consumer_group,
      at: new Date().toISOString(),
      isKnown: partitions.some(({ committedOffset }) => committedOffset !== null),
      partitions,
      messages: partitions.reduce((sum, { messages }) => sum + messages, 0),
    };
  }

  /** Whether another look is needed to tell if the group is stalled. */
  isUndecided({ partitions }: LagReport): boolean {
    return this.#watch.isUndecided(partitions);
  }

  async close(): Promise<void> {
    await Promise.all([this.#reader.close(), this.#open.close()]);
  }

  /** Where the group reads next; without a committed offset `auto_offset_reset` decides. */
  #next({ topic, committed, ends }: Look): number {
    if (committed !== undefined) return Math.max(committed, ends.low);
    const isSkipped =
      this.#config.kafka.auto_offset_reset === 'latest' && this.#retries?.find(topic) === undefined;
    return isSkipped ? ends.high : ends.low;
  }

  /** When the oldest message of a retry topic is due, ms since 1970; undefined for others. */
  #dueAtMs(oldest: SourceMessage | undefined | 'late', now: number): number | undefined {
    if (typeof oldest !== 'object' || this.#retries?.find(oldest.topic) === undefined) return undefined;
    return this.#retries.dueAtMs(oldest, now);
  }

  #position(
    look: Look,
    oldest: SourceMessage | undefined | 'late',
    held: HeldBack | undefined,
  ): PartitionPosition {
    const { topic, partition, committed, ends } = look;
    // The last message can be followed by transaction markers, which are never read.
    const first = oldest === 'late' ? this.#next(look) : (oldest?.offset ?? ends.high);
    const now = Date.now();
    const dueAtMs = this.#dueAtMs(oldest, now);
    const ageMs = recordAgeMs(oldest === 'late' ? undefined : (dueAtMs ?? oldest?.timestamp), now);
    const age = ageMs === undefined ? null : ageMs / 1_000;
    const behind = ends.high - first;
    const notDue = dueAtMs !== undefined && dueAtMs > now ? behind : 0;
    const messages = behind - notDue;
    return {
      topic,
      partition,
      committedOffset: committed ?? null,
      endOffset: ends.high,
      messages,
      ...(this.#retries?.find(topic) !== undefined && { notDue }),
      seconds: messages === 0 ? 0 : age,
      ...(held === undefined
        ? nothingHeldBack
        : {
            heldBack: held.highWatermark - held.stableOffset,
            heldBackSeconds: held.seconds,
            holder: held.holder,
          }),
    };
  }
}

function isOf({ topic, partition }: TopicPartition): (other: TopicPartition) => boolean {
  return (other) => other.topic === topic && other.partition === partition;
}

function createReader(config: Config): GroupReader {
  return new GroupReader({ group: config.kafka.consumer_group, properties: clusterProperties(config) });
}
