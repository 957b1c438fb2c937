import { readPutOff, withoutPutOff } from './put-off.ts';
import type { SourceMessage } from './types.ts';

/** Where messages wait that have failed, all of them equally long. */
export interface RetryTopic {
  readonly name: string;
  /** The topic of the requests that come here. */
  readonly requests: string;
  /** As it is configured: `10s`. */
  readonly delay: string;
  readonly delayMs: number;
}

export interface RetryTopicsOptions {
  /** Names of the request topics. */
  readonly topics: readonly string[];
  /** In the order in which a message goes through them. */
  readonly delays: readonly string[];
  /** Messages that another group has put off are not ours. */
  readonly group: string;
}

/** Seconds, minutes, hours or days. */
export const DELAY_PATTERN = /^[1-9]\d{0,5}[smhd]$/;
const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

export function delayMsOf(delay: string): number {
  return Number.parseInt(delay, 10) * (unitMs[delay.at(-1) ?? ''] as number);
}

export function retryTopicName(requests: string, delay: string): string {
  return `${requests}-retry-${delay}`;
}

/** All retry topics, those of one request topic together. */
export function listRetryTopics(topics: readonly string[], delays: readonly string[]): RetryTopic[] {
  return topics.flatMap((requests) =>
    delays.map((delay) => ({
      name: retryTopicName(requests, delay),
      requests,
      delay,
      delayMs: delayMsOf(delay),
    })),
  );
}

/** What the configuration says of them. */
interface Settings {
  readonly topic: readonly string[];
  readonly retry_topics?: readonly string[] | undefined;
  readonly consumer_group: string;
}

/** undefined: messages do not wait. */
export function openRetryTopics({ topic, retry_topics, consumer_group }: Settings): RetryTopics | undefined {
  return retry_topics && new RetryTopics({ topics: topic, delays: retry_topics, group: consumer_group });
}

/** The retry topics of a group: where a failed message goes, and what a record there stands for. */
export class RetryTopics {
  readonly group: string;
  readonly names: readonly string[];
  readonly delays: readonly string[];
  readonly #byName: ReadonlyMap<string, RetryTopic>;
  /** By the name of a topic, a request topic or a retry topic: what comes after it. */
  readonly #next = new Map<string, RetryTopic>();
  /** Messages that do not fit. */
  readonly #refused = new WeakSet<SourceMessage>();

  constructor({ topics, delays, group }: RetryTopicsOptions) {
    const all = listRetryTopics(topics, delays);
    this.group = group;
    this.delays = delays;
    this.names = all.map(({ name }) => name);
    this.#byName = new Map(all.map((topic) => [topic.name, topic]));
    for (const topic of all) {
      const before = all[all.indexOf(topic) - 1];
      this.#next.set(before?.requests === topic.requests ? before.name : topic.requests, topic);
    }
  }

  find(name: string): RetryTopic | undefined {
    return this.#byName.get(name);
  }

  /** Where the message goes when it fails once more; undefined: it becomes a dead letter. */
  after(message: SourceMessage): RetryTopic | undefined {
    if (this.#refused.has(message)) return undefined;
    return this.#next.get(message.putOff?.readAt.topic ?? message.topic);
  }

  /** The retry topic does not take the message: it becomes a dead letter. */
  refuse(message: SourceMessage): void {
    this.#refused.add(message);
  }

  /** Whether this group has put off the message of a record in a retry topic. */
  isOurs(record: SourceMessage): boolean {
    return readPutOff(record)?.group === this.group;
  }

  /**
   * When a record of a retry topic may be processed, milliseconds since 1970, at most the delay of its topic from now:
   * clocks may differ, and headers be forged. undefined: another group has put it off.
   */
  dueAtMs(record: SourceMessage, nowMs: number): number | undefined {
    const note = readPutOff(record);
    if (note !== undefined && note.group !== this.group) return undefined;
    const delayMs = this.#byName.get(record.topic)?.delayMs ?? 0;
    return Math.min(note?.dueAtMs ?? (record.timestamp ?? 0) + delayMs, nowMs + delayMs);
  }

  /**
   * The request that a record of a retry topic stands for, as it was in its topic. A record that somebody else has
   * written there is a request of its own.
   */
  asRequest(record: SourceMessage): SourceMessage {
    const { topic, partition, offset } = record;
    const note = readPutOff(record);
    const timestamp = note?.dueAtMs ?? record.timestamp;
    const readAt = { topic, partition, offset, timestamp };
    if (note === undefined || note.origin.topic !== this.#byName.get(topic)?.requests)
      return { ...record, putOff: { readAt, count: 0, attempts: 0, firstFailedAt: '' } };
    const { origin, count, attempts, firstFailedAt } = note;
    const headers = withoutPutOff(record.headers ?? []);
    return {
      ...record,
      ...origin,
      timestamp: note.timestamp,
      headers: headers.length === 0 ? undefined : headers,
      putOff: { readAt, count, attempts, firstFailedAt },
    };
  }
}
