import { readCommitText, writeCommitText } from '../commit-text.ts';
import { brokerAccess } from '../config/broker-access.ts';
import type { Config } from '../config/schema.ts';
import { retryTopicsOf } from '../config/topics.ts';
import { KubesentimentError } from '../errors.ts';
import { describeGroup } from '../kafka/group-description.ts';
import { GroupReader } from '../kafka/group-reader.ts';
import type { TopicPartition } from '../types.ts';
import { clusterProperties } from './access.ts';
import { groupTopics } from './matched-topics.ts';

/** Partitions of the topics that the group reads; all those of the request topics by default. */
export interface OffsetSelection {
  /** Without a topic: those of the retry topics too. */
  readonly withRetries?: boolean;
  readonly topic?: string | undefined;
  readonly partition?: number | undefined;
}

/**
 * Where a group is to stand: at an end, at an offset, at the first message since a time (ms since 1970), or where a
 * copy says, by `topic/partition`; partitions that it does not have stay where they are.
 */
export type OffsetTarget =
  | 'earliest'
  | 'latest'
  | { readonly offset: number }
  | { readonly sinceMs: number }
  | { readonly places: ReadonlyMap<string, number> };

export interface GroupOffset extends TopicPartition {
  /** Next offset to read; null if the group has committed none. */
  readonly committed: number | null;
  /** The text that was committed with it. */
  readonly metadata: string | undefined;
  /** The oldest record kept, and one past the newest visible one. */
  readonly low: number;
  readonly high: number;
}

/** `skipped` and `repeated` are counted in offsets, of which the end of a transaction takes one too. */
export interface OffsetMove extends TopicPartition {
  readonly from: number | null;
  readonly to: number;
  readonly skipped: number;
  readonly repeated: number;
}

/**
 * What a group has committed, as seen and changed from outside. KS_BROKER_UNREACHABLE, KS_TOPIC_MISSING,
 * KS_NOT_AUTHORIZED, and KS_USAGE for a topic or partition that the group does not read.
 */
export class GroupOffsets {
  readonly #config: Config;
  readonly #reader: GroupReader;

  constructor(config: Config) {
    this.#config = config;
    this.#reader = new GroupReader({
      group: config.kafka.consumer_group,
      properties: clusterProperties(config),
    });
  }

  connect(): Promise<void> {
    return this.#reader.connect();
  }

  close(): Promise<void> {
    return this.#reader.close();
  }

  async read({ topic, partition, withRetries }: OffsetSelection): Promise<GroupOffset[]> {
    const topics = await groupTopics(this.#config, this.#reader);
    if (topic !== undefined && !topics.includes(topic)) throw notRead(`the topic "${topic}"`, topics);
    const retryTopics = retryTopicsOf(this.#config);
    const usual = withRetries ? topics : topics.filter((name) => !retryTopics.includes(name));
    const selected: TopicPartition[] = [];
    for (const name of topic === undefined ? usual : [topic]) {
      const all = await this.#reader.partitionsOf(name);
      selected.push(...all.filter((place) => partition === undefined || place.partition === partition));
    }
    if (selected.length === 0) throw notRead(`a partition ${partition}`, topics);
    const committed = await this.#reader.committedEntries(selected);
    const ends = await this.#reader.ends(selected);
    return selected.map((place, i) => {
      const { low, high } = ends[i] as (typeof ends)[number];
      return {
        ...place,
        committed: committed[i]?.offset ?? null,
        metadata: committed[i]?.metadata,
        low,
        high,
      };
    });
  }

  /** Partitions that are there already are left out. */
  async plan(offsets: readonly GroupOffset[], target: OffsetTarget): Promise<OffsetMove[]> {
    const targets = await this.#targetsOf(offsets, target);
    return offsets.flatMap(({ topic, partition, committed: from, low }, i) => {
      const to = targets[i];
      if (to === undefined) return [];
      const start = Math.max(from ?? to, low); // what is gone can be neither skipped nor repeated
      const [skipped, repeated] = [Math.max(0, to - start), Math.max(0, start - to)];
      return from === to ? [] : [{ topic, partition, from, to, skipped, repeated }];
    });
  }

  /** KS_STATE if the group has members. Where our login cannot ask, only the broker's own check in `write` is left. */
  async checkNoMembers(): Promise<void> {
    const { brokers } = await this.#reader.metadata();
    const accesses = brokers.flatMap((broker) => brokerAccess(broker, this.#config) ?? []);
    const found = await describeGroup(accesses, this.#config.kafka.consumer_group);
    if (found !== undefined && !['Empty', 'Dead'].includes(found.state)) throw this.#hasMembers();
  }

  /** In one request, and looked at afterwards. KS_STATE if the group has members, by the broker's word. */
  async write(moves: readonly OffsetMove[], offsets: readonly GroupOffset[]): Promise<void> {
    const places = moves.map(({ topic, partition, to }) => {
      const before = offsets.find((place) => place.topic === topic && place.partition === partition);
      const metadata = textFor(before?.metadata, to);
      return { topic, partition, offset: to, ...(metadata !== undefined && { metadata }) };
    });
    try {
      this.#reader.commitFromOutside(places);
    } catch (error) {
      if (error instanceof KubesentimentError && error.code === 'KS_MEMBER_FENCED')
        throw this.#hasMembers(error);
      throw error;
    }
    const now = await this.#reader.committed(places);
    const wrong = places.find(({ offset }, i) => now[i] !== offset);
    if (wrong === undefined) return;
    const sentence = `${wrong.topic}/${wrong.partition} is not at offset ${wrong.offset} now.`;
    throw new KubesentimentError('KS_KAFKA_FATAL', sentence, {
      remedy: 'Look at all of them with "kubesentiment offsets show", and reset again.',
    });
  }

  async #targetsOf(offsets: readonly GroupOffset[], target: OffsetTarget): Promise<(number | undefined)[]> {
    if (target === 'earliest') return offsets.map(({ low }) => low);
    if (target === 'latest') return offsets.map(({ high }) => high);
    if ('sinceMs' in target) {
      const found = await this.#reader.offsetsSince(offsets, target.sinceMs);
      return offsets.map(({ low, high }, i) => Math.min(high, Math.max(low, found[i] ?? high)));
    }
    if ('places' in target) return targetsOfCopy(offsets, target.places);
    const [only] = offsets;
    if (only === undefined || offsets.length > 1) {
      throw new KubesentimentError('KS_USAGE', 'An offset belongs to one partition.', {
        remedy: 'Name it: --topic T --partition N.',
      });
    }
    const { topic, partition, low, high } = only;
    if (target.offset >= low && target.offset <= high) return [target.offset];
    throw new KubesentimentError('KS_USAGE', `${topic}/${partition} has no offset ${target.offset}.`, {
      remedy: `Its offsets are ${low} to ${high}.`,
    });
  }

  #hasMembers(cause?: unknown): KubesentimentError {
    const { consumer_group: group } = this.#config.kafka;
    return new KubesentimentError(
      'KS_STATE',
      `The group "${group}" has members, which would go on where they are.`,
      {
        remedy:
          'Stop all of its processes first; one that was killed, or has a group_instance_id, leaves after ' +
          'session_timeout_ms.',
        cause,
      },
    );
  }
}

/** What is committed with an offset says where the group began; from now on that may be earlier. */
function textFor(metadata: string | undefined, to: number): string | undefined {
  const text = readCommitText(metadata);
  if (text === undefined) return metadata;
  return writeCommitText({ ...text, start: text.start === undefined ? undefined : Math.min(text.start, to) });
}

/** What was deleted since is passed over. KS_USAGE for an offset that the topic does not have yet: another cluster. */
function targetsOfCopy(
  offsets: readonly GroupOffset[],
  places: ReadonlyMap<string, number>,
): (number | undefined)[] {
  return offsets.map(({ topic, partition, low, high }) => {
    const offset = places.get(`${topic}/${partition}`);
    if (offset === undefined || offset <= high)
      return offset === undefined ? undefined : Math.max(low, offset);
    throw new KubesentimentError(
      'KS_USAGE',
      `${topic}/${partition} ends at ${high}, and the copy says ${offset}.`,
      {
        remedy:
          'Is it of another cluster, or was the topic created again? Then use --to earliest, latest or a time.',
      },
    );
  });
}

function notRead(what: string, topics: readonly string[]): KubesentimentError {
  const remedy = `It reads ${topics.join(', ')} (kafka.topic, kafka.retry_topics).`;
  return new KubesentimentError('KS_USAGE', `The group does not read ${what}.`, { remedy });
}
