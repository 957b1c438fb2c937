import type { AssignedPartition, Move } from '../clients.ts';
import { type CommitText, readCommitText, writeCommitText } from '../commit-text.ts';
import { KubesentimentError } from '../errors.ts';
import type { TopicPartition, TopicPartitionOffset } from '../types.ts';

/** What the group has committed for a partition. */
export interface Committed {
  readonly offset: number;
  /** The text that came with it, see `CommitText`. */
  readonly metadata?: string | undefined;
}

/** The oldest record kept, and one past the newest visible one. */
export interface PartitionRange {
  readonly low: number;
  readonly high: number;
  /** Of the topic; undefined from a librdkafka without our patch, or a broker without ids. */
  readonly topicId?: string | undefined;
}

export type StartPolicy = 'earliest' | 'latest' | 'none';

/** What there is to know about one topic when some of its partitions are assigned. */
export interface TopicPositions {
  readonly topic: string;
  /** Of all its partitions, by number; undefined where the group has committed nothing. */
  readonly committed: readonly (Committed | undefined)[];
  /** Of the assigned partitions, but for those without a leader. */
  readonly ranges: ReadonlyMap<number, PartitionRange>;
  /** The id that the topic had when this process first read it. */
  readonly firstId?: string | undefined;
  /** This process has seen offsets of the group for the topic. */
  readonly hadOffsets?: boolean;
  /**
   * What this process last committed for a partition. Brokers delete the offsets of a deleted topic by its name, and
   * late: those of its successor can be among them.
   */
  readonly lastOf?: ((partition: number) => Committed | undefined) | undefined;
}

/** Starts that the group does not know yet, or no longer has: they are committed before the first record is read. */
export interface Starts {
  readonly partitions: readonly AssignedPartition[];
  readonly toCommit: readonly TopicPartitionOffset[];
}

/**
 * Where the assigned partitions of a topic start. Without a committed offset the policy decides, once for each group
 * and partition, for the start is committed. A partition that came after the group had begun to read the topic
 * starts at its beginning, whatever the policy, and so do all partitions of a topic that was created again. An offset
 * whose record is gone starts at the oldest record kept. KS_KAFKA_FATAL with the policy `none`.
 */
export function startsOf(
  { topic, committed: ofGroup, ranges, firstId, hadOffsets = false, lastOf }: TopicPositions,
  assigned: readonly number[],
  policy: StartPolicy,
  nowMs: number = Date.now(),
): Starts {
  const idNow = [...ranges.values()].find((range) => range.topicId !== undefined)?.topicId;
  const committed = ofGroup.map((entry, partition) => entry ?? recalled(lastOf?.(partition), idNow));
  const texts = committed.map((entry) => readCommitText(entry?.metadata));
  const topicId = idNow ?? texts.find((text) => text?.partitions === 0)?.topic;
  // Brokers delete the offsets with the topic, and nobody else deletes those of a group that is reading.
  const isRecreated =
    (hadOffsets && committed.every((entry) => entry === undefined)) ||
    [firstId, ...texts.map((text) => text?.topic)].some((id) => isOther(id, topicId));
  const atStart = isRecreated ? 0 : partitionsAtStart(texts);
  const count = atStart ?? committed.length;
  const partitions: AssignedPartition[] = [];
  const toCommit: TopicPartitionOffset[] = [];
  for (const partition of assigned) {
    const place: TopicPartition = { topic, partition };
    const known = committed[partition];
    const text = texts[partition];
    const isNew = atStart !== undefined && partition >= atStart;
    const range = ranges.get(partition);
    const isOfOldTopic = isOther(text?.topic, topicId) || (isRecreated && known === undefined);
    const found = isOfOldTopic
      ? startAnew(known?.offset ?? -1, range)
      : startOf(place, known, range, isNew ? 'earliest' : policy, ofGroup[partition] === undefined);
    const move = found.moved;
    const metadata = writeCommitText(
      move === undefined
        ? { ...text, partitions: count, start: text?.start ?? found.start, topic: topicId ?? text?.topic }
        : textAfter(move, { ...text, partitions: count }, topicId, nowMs),
    );
    const position = found.start ?? known?.offset;
    partitions.push({
      ...place,
      ...found,
      ...(position !== undefined && { position }),
      metadata,
    });
    if (found.start !== undefined) toCommit.push({ ...place, offset: found.start, metadata });
  }
  return { partitions, toCommit };
}

/** RD_KAFKA_OFFSET_END */
const OFFSET_END = -1;

/** What librdkafka is told of an assigned partition; without an offset it asks the group. */
export function placeOf({ topic, partition, start, startsAtEnd }: AssignedPartition): {
  readonly topic: string;
  readonly partition: number;
  readonly offset?: number;
} {
  const offset = startsAtEnd ? OFFSET_END : start;
  return offset === undefined ? { topic, partition } : { topic, partition, offset };
}

/** What we had committed ourselves for the same topic, as far as its id shows. */
function recalled(last: Committed | undefined, topicId: string | undefined): Committed | undefined {
  return topicId !== undefined && readCommitText(last?.metadata)?.topic === topicId ? last : undefined;
}

/** What is committed from now on with the offsets of a partition that has been moved. */
export function textAfter(
  { from, to, reason }: Move,
  text: CommitText,
  topicId: string | undefined,
  nowMs: number,
): CommitText {
  const topic = topicId ?? text.topic;
  if (reason === 'trimmed') return { ...text, topic, skipped: (text.skipped ?? 0) + to - from };
  const reset = { sinceMs: nowMs, from: to };
  if (reason === 'topic_recreated') return { partitions: 0, start: to, topic, reset };
  return { ...text, start: Math.min(text.start ?? to, to), topic, reset };
}

/** Whether both ids are known, and they differ. */
export function isOther(id: string | undefined, topicId: string | undefined): boolean {
  return id !== undefined && topicId !== undefined && id !== topicId;
}

type Found = Pick<AssignedPartition, 'start' | 'committed' | 'startsAtEnd' | 'moved'>;

/** The topic is another one than that of the offset. Nobody has read it, so it is read from its beginning. */
function startAnew(from: number, range: PartitionRange | undefined): Found {
  const to = range?.low ?? 0;
  return { start: to, moved: { from, to, reason: 'topic_recreated' } };
}

/** Nothing where the client finds the start by itself. A partition without a leader has no range. */
function startOf(
  place: TopicPartition,
  known: Committed | undefined,
  range: PartitionRange | undefined,
  policy: StartPolicy,
  isForgotten: boolean,
): Found {
  if (known !== undefined) {
    if (range === undefined) return isForgotten ? { start: known.offset } : {};
    if (isWithin(known.offset, range))
      return isForgotten ? { start: known.offset } : { committed: known.offset };
    const reason = known.offset < range.low ? 'trimmed' : 'log_shorter';
    return { start: range.low, moved: { from: known.offset, to: range.low, reason } };
  }
  if (range !== undefined) return { start: startBy(policy, range, place) };
  if (policy === 'none') throw noStart(place);
  return policy === 'latest' ? { startsAtEnd: true } : {};
}

function isWithin(offset: number, { low, high }: PartitionRange): boolean {
  return offset >= low && offset <= high;
}

function startBy(policy: StartPolicy, { low, high }: PartitionRange, place: TopicPartition): number {
  if (policy === 'earliest') return low;
  if (policy === 'latest') return high;
  throw noStart(place);
}

function noStart({ topic, partition }: TopicPartition): KubesentimentError {
  const sentence = `The group has no committed offset for partition ${partition} of ${topic}`;
  return new KubesentimentError('KS_KAFKA_FATAL', `${sentence}, and auto_offset_reset is none.`, {
    remedy: 'Commit a starting offset for the group, or set auto_offset_reset to earliest or latest.',
  });
}

/**
 * How many partitions the topic had when the group began to read it: it is written with every committed offset, or
 * nobody could tell a partition that is new from one that another member is about to take for the first time.
 */
function partitionsAtStart(texts: readonly (CommitText | undefined)[]): number | undefined {
  const counts = texts.flatMap((text) => (text === undefined ? [] : [text.partitions]));
  return counts.length === 0 ? undefined : Math.min(...counts);
}
