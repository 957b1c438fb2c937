import { clusterProperties, heldBackReader } from '../cluster/access.ts';
import { lookUpTopics } from '../cluster/matched-topics.ts';
import { resultsTopicsOf, retryTopicsOf } from '../config/topics.ts';
import type { Config } from '../config/schema.ts';
import { GroupReader } from '../kafka/group-reader.ts';
import { resultReader } from '../registry/result-reader.ts';
import type { HeldBack } from '../kafka/held-back.ts';
import { committedOffsets, History } from './history.ts';
import { ALWAYS, keptSince, writtenAt } from './kept-since.ts';
import { type Output, outputsOf, readOutput, Strangers, type VerifyOptions } from './outputs.ts';
import { readTopic } from '../cluster/read-topic.ts';
import { type DeliveryReport, DeliveryTally, type Finding } from './tally.ts';
import { type Verdict, verdictOf } from './verdict.ts';
import { readWaiting } from './waiting.ts';

export interface VerifyReport extends DeliveryReport {
  readonly group: string;
  readonly delivery: Config['kafka']['delivery'];
  readonly verdict: Verdict;
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
  /** Results and dead letters that other groups wrote, by group. They count nowhere else. */
  readonly ofOtherGroups: Readonly<Record<string, number>>;
  /** Records of the request, result and dead-letter topics that could not be read: a transaction hangs before them. */
  readonly heldBack: readonly HeldBack[];
}

const noFinding: Finding = { count: 0, examples: [] };

/**
 * Reads all retained requests, results and dead letters and compares them. The service may be running: what it has not
 * committed is pending. Reads only committed records, joins no group and writes nothing.
 *
 * Errors: KS_BROKER_UNREACHABLE, KS_TOPIC_MISSING, KS_NOT_AUTHORIZED, KS_REGISTRY_UNREACHABLE, KS_USAGE (embedded
 * broker; an origin that no record has; results with a schema that is not known).
 */
export async function verifyDelivery(given: Config, options: VerifyOptions = {}): Promise<VerifyReport> {
  const config = await lookUpTopics(given);
  const { kafka } = config;
  const readValue = await resultReader(config, resultsTopicsOf(config));
  const outputs = outputsOf(config, options, readValue);
  const outputTopics = outputs.map(({ topic }) => topic);
  const group = new GroupReader({ group: kafka.consumer_group, properties: clusterProperties(config) });
  const tally = new DeliveryTally();
  const strangers = new Strangers();
  try {
    await group.connect();
    const keptSinceMs = await keptSince(group, outputTopics);
    // Committed offsets first: a result that arrives in the meantime then only makes fewer requests pending.
    const committed = await committedOffsets(group, [...kafka.topic, ...retryTopicsOf(config)]);
    const history = new History(config, committed, readValue);
    await readRequests(config, tally, keptSinceMs, history);
    for (const output of outputs) await readOutput(config, tally, strangers, history, output);
    await readWaiting(config, tally, history);
    const heldBack = await findHeldBack(config, group, outputs);
    const report = tally.report((partition) => history.committedOffset(partition));
    const canTell = (kafka.dlq_enabled || options.deadLetters === false) && kafka.dedup !== 'id';
    const facts = {
      ...report,
      group: kafka.consumer_group,
      delivery: kafka.delivery,
      lost: canTell ? report.lost : noFinding,
      passedOver: canTell ? noFinding : report.lost,
      withoutOrigin: strangers.withoutOrigin,
      ofOtherGroups: Object.fromEntries(strangers.ofOtherGroups),
      ofEarlierLog: strangers.ofEarlierLog,
      skipped: history.skipped,
      beforeStart: history.beforeStart,
      tombstones: history.tombstones,
      heldBack,
    };
    return { ...facts, verdict: verdictOf(facts, outputTopics) };
  } finally {
    await group.close();
  }
}

/** Of transactions that are no longer at work. */
async function findHeldBack(
  config: Config,
  group: GroupReader,
  outputs: readonly Output[],
): Promise<HeldBack[]> {
  const written = [...outputs.map(({ topic }) => topic), ...retryTopicsOf(config)];
  const topics = [...new Set([...config.kafka.topic, ...written])];
  const partitions = (await Promise.all(topics.map((topic) => group.partitionsOf(topic)))).flat();
  const reader = heldBackReader(config);
  try {
    return await reader.findHanging(partitions, group);
  } finally {
    await reader.close();
  }
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
      const atMs = writtenAt(message);
      const isOlder = keptSinceMs !== ALWAYS && (atMs ?? ALWAYS) <= keptSinceMs;
      tally.addRequest({ topic, partition, offset }, isOlder, atMs);
    });
  }
}
