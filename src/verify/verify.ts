import { clusterProperties } from '../cluster/access.ts';
import { readDeadLetter } from '../dead-letter.ts';
import type { Config } from '../config/schema.ts';
import { KubesentimentError } from '../errors.ts';
import { GroupReader } from '../kafka/group-reader.ts';
import { TopicReader } from '../kafka/topic-reader.ts';
import type { SourceMessage, TopicPartition, TopicPartitionOffset } from '../types.ts';
import { type DeliveryReport, DeliveryTally, type Finding } from './tally.ts';

export interface VerifyReport extends DeliveryReport {
  readonly group: string;
  readonly delivery: Config['kafka']['delivery'];
  /** Without a record, under `dlq_enabled: false` or `dedup: id`: skipped on purpose or lost, nobody can tell. */
  readonly passedOver: Finding;
}

const POLL_MAX = 2_000;
/** No records for this long before the end is reached: the broker is gone, or a transaction hangs. */
const SILENCE_MAX_MS = 30_000;
const LOOK_TIMEOUT_MS = 10_000;
const NONE: Finding = { count: 0, examples: [] };

/**
 * Reads all retained requests, results and dead letters and compares them. The service may be running: what it has not
 * committed is pending. Reads only committed records, joins no group and writes nothing.
 *
 * Errors: KS_BROKER_UNREACHABLE, KS_TOPIC_MISSING, KS_NOT_AUTHORIZED, KS_USAGE (embedded broker).
 */
export async function verifyDelivery(config: Config): Promise<VerifyReport> {
  const { kafka } = config;
  const group = new GroupReader({ group: kafka.consumer_group, properties: clusterProperties(config) });
  const tally = new DeliveryTally();
  try {
    await group.connect();
    const outputs = [kafka.results_topic, ...(kafka.dlq_enabled ? [kafka.dlq_topic] : [])];
    const keptSinceMs = await keptSince(group, outputs);
    // Committed offsets first: a result that arrives in the meantime then only makes fewer requests pending.
    const committed = await committedOffsets(group, kafka.topic);
    const replays = await readRequests(config, tally, keptSinceMs);
    await readResults(config, tally);
    if (kafka.dlq_enabled) await readDeadLetters(config, tally, replays);
    const report = tally.report((partition) => committed.get(nameOf(partition)) ?? 0);
    const canTell = kafka.dlq_enabled && kafka.dedup !== 'id';
    return {
      ...report,
      group: kafka.consumer_group,
      delivery: kafka.delivery,
      lost: canTell ? report.lost : NONE,
      passedOver: canTell ? NONE : report.lost,
    };
  } finally {
    await group.close();
  }
}

/** Whether the promise of `delivery` was kept. */
export function isAsPromised({
  delivery,
  lost,
  duplicated,
  both,
  outOfOrder,
  unknown,
}: VerifyReport): boolean {
  const broken = delivery === 'exactly_once' ? [lost, duplicated, both, outOfOrder, unknown] : [lost];
  return broken.every(({ count }) => count === 0);
}

/**
 * The time since which no record has been deleted, milliseconds since 1970. A later request must have its record; an
 * earlier one without a record proves nothing.
 */
async function keptSince(group: GroupReader, topics: readonly string[]): Promise<number> {
  let sinceMs = Number.NEGATIVE_INFINITY;
  for (const topic of topics) {
    const partitions = await group.partitionsOf(topic);
    const ends = await group.ends(partitions);
    const trimmed = partitions
      .map((partition, i) => ({ ...partition, offset: ends[i]?.low ?? 0 }))
      .filter(({ offset }) => offset > 0);
    for (const record of await group.firstRecords(trimmed, LOOK_TIMEOUT_MS)) {
      const timestamp = typeof record === 'object' ? record.timestamp : undefined;
      sinceMs = Math.max(sinceMs, timestamp ?? Number.POSITIVE_INFINITY);
    }
  }
  return sinceMs;
}

async function committedOffsets(group: GroupReader, topics: readonly string[]): Promise<Map<string, number>> {
  const partitions = (await Promise.all(topics.map((topic) => group.partitionsOf(topic)))).flat();
  const committed = await group.committed(partitions);
  return new Map(partitions.map((partition, i) => [nameOf(partition), committed[i] ?? 0]));
}

/**
 * The replays among the requests, keyed as their dead letters would name them: a message that fails again keeps its
 * first origin, and only the replay count tells which request it was.
 */
async function readRequests(
  config: Config,
  tally: DeliveryTally,
  keptSinceMs: number,
): Promise<Map<string, TopicPartitionOffset>> {
  const replays = new Map<string, TopicPartitionOffset>();
  for (const topic of config.kafka.topic) {
    await readTopic(config, topic, (message) => {
      const { partition, offset, timestamp = 0 } = message;
      tally.addRequest({ topic, partition, offset }, timestamp <= keptSinceMs);
      const { origin, replays: count } = readDeadLetter(message);
      if (origin !== undefined && count > 0)
        replays.set(replayName(origin, count), { topic, partition, offset });
    });
  }
  return replays;
}

async function readResults(config: Config, tally: DeliveryTally): Promise<void> {
  await readTopic(config, config.kafka.results_topic, (message) => {
    const source = sourceOf(message);
    if (source !== undefined) tally.addRecord('result', source, message.partition);
  });
}

async function readDeadLetters(
  config: Config,
  tally: DeliveryTally,
  replays: ReadonlyMap<string, TopicPartitionOffset>,
): Promise<void> {
  await readTopic(config, config.kafka.dlq_topic, (message) => {
    const { origin, replays: count } = readDeadLetter(message);
    if (origin === undefined) return;
    const request = count === 0 ? origin : replays.get(replayName(origin, count));
    if (request !== undefined) tally.addRecord('deadLetter', request, message.partition);
  });
}

async function readTopic(
  config: Config,
  topic: string,
  visit: (message: SourceMessage) => void,
): Promise<void> {
  const reader = new TopicReader({ topic, properties: clusterProperties(config) });
  try {
    await reader.open();
    let heardAt = performance.now();
    while (!reader.atEnd) {
      const messages = await reader.poll(POLL_MAX);
      if (messages.length > 0) heardAt = performance.now();
      else if (performance.now() - heardAt > SILENCE_MAX_MS && !reader.atEnd) throw silent(topic);
      for (const message of messages) visit(message);
    }
  } finally {
    await reader.close();
  }
}

/** undefined for a record that is not one of our results. */
function sourceOf({ value }: SourceMessage): TopicPartitionOffset | undefined {
  try {
    const { source } = JSON.parse(String(value)) as { source?: TopicPartitionOffset };
    return typeof source?.topic === 'string' && Number.isInteger(source.offset) ? source : undefined;
  } catch {
    return undefined;
  }
}

function replayName(origin: TopicPartitionOffset, replays: number): string {
  return `${nameOf(origin)}/${origin.offset}#${replays}`;
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}

function silent(topic: string): KubesentimentError {
  return new KubesentimentError('KS_BROKER_UNREACHABLE', `"${topic}" has sent nothing for 30 s.`, {
    remedy: 'Check that the brokers are running, no transaction hangs and the user may read the topic.',
  });
}
