import { clusterProperties } from '../cluster/access.ts';
import { requestOf } from '../dead-letter.ts';
import type { Config } from '../config/schema.ts';
import { KubesentimentError } from '../errors.ts';
import { GroupReader } from '../kafka/group-reader.ts';
import type { Committed } from '../kafka/start-positions.ts';
import { TopicReader } from '../kafka/topic-reader.ts';
import { recordAgeMs } from '../record-age.ts';
import type { SourceMessage, TopicPartitionOffset } from '../types.ts';
import { History, nameOf } from './history.ts';
import { DEFAULT_ORIGIN, originReader } from './origin.ts';
import { type DeliveryReport, DeliveryTally, type Finding, type RecordKind } from './tally.ts';

/** For topics that another program has written. */
export interface VerifyOptions {
  /** Where a result names its request, see `originReader`. Default: as ours do. */
  readonly origin?: string | undefined;
  /** Where a dead letter does. Default: in the headers that ours have. */
  readonly deadLetterOrigin?: string | undefined;
  /** false: there is no such topic, and every request must have a result. */
  readonly deadLetters?: boolean;
}

export interface VerifyReport extends DeliveryReport {
  readonly group: string;
  readonly delivery: Config['kafka']['delivery'];
  /** Without a record, under `dlq_enabled: false` or `dedup: id`: skipped on purpose or lost, nobody can tell. */
  readonly passedOver: Finding;
  /** Requests from before the group began to read. */
  readonly beforeStart: number;
  /** Records without a value; they are not requests (`request.tombstones`). */
  readonly tombstones: number;
  /** Offsets that were deleted before the group had read them. */
  readonly skipped: number;
  /** Results and dead letters of a log that is gone: a topic that was created again. They count nowhere else. */
  readonly ofEarlierLog: number;
  /** Results and dead letters that do not name a request. They count nowhere else. */
  readonly withoutOrigin: number;
}

/** A topic whose records each belong to a request. */
interface Output {
  readonly kind: RecordKind;
  readonly topic: string;
  readonly originOf: (message: SourceMessage) => TopicPartitionOffset | undefined;
  /** Where the user says the origin is. */
  readonly place: string | undefined;
}

const POLL_MAX = 2_000;
/** No records for this long before the end is reached: the broker is gone, or a transaction hangs. */
const SILENCE_MAX_MS = 30_000;
const LOOK_TIMEOUT_MS = 10_000;
/** Nothing has been deleted. */
const ALWAYS = Number.NEGATIVE_INFINITY;
/** Nobody can say what has been deleted. */
const UNKNOWN = Number.POSITIVE_INFINITY;
const noFinding: Finding = { count: 0, examples: [] };

/**
 * Reads all retained requests, results and dead letters and compares them. The service may be running: what it has not
 * committed is pending. Reads only committed records, joins no group and writes nothing.
 *
 * Errors: KS_BROKER_UNREACHABLE, KS_TOPIC_MISSING, KS_NOT_AUTHORIZED, KS_USAGE (embedded broker; an origin that no
 * record has).
 */
export async function verifyDelivery(config: Config, options: VerifyOptions = {}): Promise<VerifyReport> {
  const { kafka } = config;
  const outputs = outputsOf(config, options);
  const group = new GroupReader({ group: kafka.consumer_group, properties: clusterProperties(config) });
  const tally = new DeliveryTally();
  let withoutOrigin = 0;
  let ofEarlierLog = 0;
  try {
    await group.connect();
    const keptSinceMs = await keptSince(
      group,
      outputs.map(({ topic }) => topic),
    );
    // Committed offsets first: a result that arrives in the meantime then only makes fewer requests pending.
    const committed = await committedOffsets(group, kafka.topic);
    const history = new History(config, committed);
    await readRequests(config, tally, keptSinceMs, history);
    for (const output of outputs) {
      const read = await readOutput(config, tally, output, history);
      withoutOrigin += read.withoutOrigin;
      ofEarlierLog += read.ofEarlierLog;
    }
    const report = tally.report((partition) => history.committedOffset(partition));
    const canTell = (kafka.dlq_enabled || options.deadLetters === false) && kafka.dedup !== 'id';
    return {
      ...report,
      group: kafka.consumer_group,
      delivery: kafka.delivery,
      lost: canTell ? report.lost : noFinding,
      passedOver: canTell ? noFinding : report.lost,
      withoutOrigin,
      ofEarlierLog,
      skipped: history.skipped,
      beforeStart: history.beforeStart,
      tombstones: history.tombstones,
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
  let sinceMs = ALWAYS;
  for (const topic of topics) {
    const partitions = await group.partitionsOf(topic);
    const ends = await group.ends(partitions);
    const trimmed = partitions
      .map((partition, i) => ({ ...partition, offset: ends[i]?.low ?? 0 }))
      .filter(({ offset }) => offset > 0);
    for (const record of await group.firstRecords(trimmed, LOOK_TIMEOUT_MS)) {
      sinceMs = Math.max(sinceMs, (typeof record === 'object' ? writtenAt(record) : undefined) ?? UNKNOWN);
    }
  }
  return sinceMs;
}

/** Milliseconds since 1970; undefined where the timestamp cannot be true. */
function writtenAt({ timestamp }: SourceMessage): number | undefined {
  return recordAgeMs(timestamp, Date.now()) === undefined ? undefined : timestamp;
}

async function committedOffsets(
  group: GroupReader,
  topics: readonly string[],
): Promise<Map<string, Committed | undefined>> {
  const partitions = (await Promise.all(topics.map((topic) => group.partitionsOf(topic)))).flat();
  const committed = await group.committedEntries(partitions);
  return new Map(partitions.map((partition, i) => [nameOf(partition), committed[i]]));
}

/** KS_USAGE when a place cannot be read. */
function outputsOf({ kafka }: Config, options: VerifyOptions): Output[] {
  const { origin: place, deadLetterOrigin, deadLetters = true } = options;
  const onlyTopic = kafka.topic.length === 1 ? kafka.topic[0] : undefined;
  const originOf = originReader(place ?? DEFAULT_ORIGIN, onlyTopic);
  const outputs: Output[] = [{ kind: 'result', topic: kafka.results_topic, originOf, place }];
  if (deadLetters && kafka.dlq_enabled) {
    outputs.push({
      kind: 'deadLetter',
      topic: kafka.dlq_topic,
      originOf: deadLetterOrigin === undefined ? requestOf : originReader(deadLetterOrigin, onlyTopic),
      place: deadLetterOrigin,
    });
  }
  return outputs;
}

async function readRequests(
  config: Config,
  tally: DeliveryTally,
  keptSinceMs: number,
  history: History,
): Promise<void> {
  for (const topic of config.kafka.topic) {
    await readTopic(config, topic, (message) => {
      const { partition, offset } = message;
      if (!history.expects(message)) return;
      const isOlder = keptSinceMs !== ALWAYS && (writtenAt(message) ?? ALWAYS) <= keptSinceMs;
      tally.addRequest({ topic, partition, offset }, isOlder);
    });
  }
}

/** Counts the records that the tally does not get. KS_USAGE when a given place is in none of them. */
async function readOutput(
  config: Config,
  tally: DeliveryTally,
  { kind, topic, originOf, place }: Output,
  history: History,
): Promise<{ withoutOrigin: number; ofEarlierLog: number }> {
  let read = 0;
  let withoutOrigin = 0;
  let ofEarlierLog = 0;
  await readTopic(config, topic, (message) => {
    read++;
    const origin = originOf(message);
    if (origin === undefined) withoutOrigin++;
    else if (history.isOfEarlierLog(kind, origin, message)) ofEarlierLog++;
    else tally.addRecord(kind, origin, message.partition);
  });
  if (place !== undefined && read > 0 && withoutOrigin === read) {
    throw new KubesentimentError(
      'KS_USAGE',
      `None of the ${read} records in "${topic}" names a request at "${place}".`,
      { remedy: 'Look at one of them, and give the place of its topic, partition and offset.' },
    );
  }
  return { withoutOrigin, ofEarlierLog };
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

function silent(topic: string): KubesentimentError {
  return new KubesentimentError('KS_BROKER_UNREACHABLE', `"${topic}" has sent nothing for 30 s.`, {
    remedy: 'Check that the brokers are running, no transaction hangs and the user may read the topic.',
  });
}
