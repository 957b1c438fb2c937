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
  /** Without a record on purpose or lost, which cannot be told apart: `dlq_enabled: false` or `dedup: id`. */
  readonly passedOver: Finding;
}

const POLL_MAX = 2_000;
/** Nothing for this long although the end has not been seen: the broker has gone, or a transaction hangs. */
const SILENCE_MAX_MS = 30_000;
const LOOK_TIMEOUT_MS = 10_000;
const NONE: Finding = { count: 0, examples: [] };

/**
 * Reads requests, results and dead letters as far as they are kept, and compares. The service may run meanwhile:
 * what it has not committed is pending. Reads committed records, joins no group, writes nothing.
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
    // The committed offsets before the results: a result that comes meanwhile only makes fewer pending.
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

/** Whether what was found is what `delivery` promises. */
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
 * Records written since then are all still there, milliseconds since 1970. A request that was sent later has its
 * records; an earlier one without any proves nothing.
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
 * The replays among the requests, by what their dead letters would say of them: a message that fails again keeps
 * its first origin, and only the count of replays tells which request it was.
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

/** undefined for a record that is not a result of ours. */
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
  return new KubesentimentError('KS_BROKER_UNREACHABLE', `Nothing came from "${topic}" for 30 s.`, {
    remedy: 'Check that the brokers run, that no transaction hangs and that the user may read the topic.',
  });
}
