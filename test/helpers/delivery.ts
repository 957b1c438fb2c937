/** Reads the topics and checks whether each request came out exactly once. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type ReadRecord, readAll } from './kafka-client.ts';

export interface Delivery {
  /** Requests with neither a result nor a dead letter, as `partition/offset`. */
  readonly lost: string[];
  /** Requests with more than one record. */
  readonly doubled: string[];
  /** Results of one source partition that come before an earlier one in the same results partition. */
  readonly outOfOrder: string[];
  readonly results: ReadRecord[];
  readonly deadLetters: ReadRecord[];
}

export interface Topics {
  readonly requests: string;
  readonly results: string;
  readonly deadLetters: string;
  /** Further topics with results. */
  readonly routes?: readonly string[];
}

export async function checkDelivery(bootstrapServers: string, topics: Topics): Promise<Delivery> {
  const [requests, deadLetters, ...byTopic] = await Promise.all([
    readAll(bootstrapServers, topics.requests),
    readAll(bootstrapServers, topics.deadLetters),
    ...[topics.results, ...(topics.routes ?? [])].map((topic) => readAll(bootstrapServers, topic)),
  ]);
  const results = byTopic.flat();
  const counts = new Map(requests.map(({ partition, offset }) => [`${partition}/${offset}`, 0]));
  const origins = [...results.map(originOfResult), ...deadLetters.map(originOfDeadLetter)];
  for (const origin of origins) counts.set(origin, (counts.get(origin) ?? 0) + 1);
  return {
    lost: [...counts].filter(([, count]) => count === 0).map(([origin]) => origin),
    doubled: [...counts].filter(([, count]) => count > 1).map(([origin]) => origin),
    outOfOrder: byTopic.flatMap(outOfOrder),
    results,
    deadLetters,
  };
}

/** Waits until the topics have so many visible records. Returns how many they have then, or after `timeoutMs`. */
export async function waitForRecords(
  bootstrapServers: string,
  topics: readonly string[],
  count: number,
  timeoutMs = 90_000,
): Promise<number> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const records = await Promise.all(topics.map((topic) => readAll(bootstrapServers, topic)));
    const found = records.flat().length;
    if (found >= count || performance.now() > deadline) return found;
    await sleep(100);
  }
}

/** Waits until as many records as requests are visible, or until `timeoutMs` has passed. */
export async function waitForDelivery(
  bootstrapServers: string,
  topics: Topics,
  requests: number,
  timeoutMs = 60_000,
): Promise<Delivery> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const delivery = await checkDelivery(bootstrapServers, topics);
    const visible = delivery.results.length + delivery.deadLetters.length;
    if (visible >= requests || performance.now() > deadline) return delivery;
    await sleep(200);
  }
}

export function headerOf(record: ReadRecord, name: string): string | undefined {
  const found = record.headers?.find((header) => name in header);
  return found?.[name]?.toString();
}

interface ResultValue {
  readonly source: { readonly partition: number; readonly offset: number };
}

function originOfResult(record: ReadRecord): string {
  const { source } = JSON.parse(String(record.value)) as ResultValue;
  return `${source.partition}/${source.offset}`;
}

function originOfDeadLetter(record: ReadRecord): string {
  return `${headerOf(record, 'kafka_dlt-original-partition')}/${headerOf(record, 'kafka_dlt-original-offset')}`;
}

function outOfOrder(results: readonly ReadRecord[]): string[] {
  const last = new Map<string, number>();
  const wrong: string[] = [];
  for (const record of results) {
    const { source } = JSON.parse(String(record.value)) as ResultValue;
    const way = `${source.partition}→${record.partition}`;
    if (source.offset <= (last.get(way) ?? -1)) wrong.push(`${way} ${source.offset}`);
    last.set(way, source.offset);
  }
  return wrong;
}
