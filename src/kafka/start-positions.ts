import type { AssignedPartition } from '../clients.ts';
import { KubesentimentError } from '../errors.ts';
import type { TopicPartition, TopicPartitionOffset } from '../types.ts';

/** What the group has committed for a partition. */
export interface Committed {
  readonly offset: number;
  /** The text that came with it, see `PartitionsAtStart`. */
  readonly metadata?: string | undefined;
}

/** The oldest record kept, and one past the newest visible one. */
export interface PartitionRange {
  readonly low: number;
  readonly high: number;
}

/** What goes with each committed offset, see `textOf`. */
const TEXT = /^partitions=(\d{1,9})(?:,start=(\d{1,16}))?$/;

export type StartPolicy = 'earliest' | 'latest' | 'none';

/** What there is to know about one topic when some of its partitions are assigned. */
export interface TopicPositions {
  readonly topic: string;
  /** Of all its partitions, by number; undefined where the group has committed nothing. */
  readonly committed: readonly (Committed | undefined)[];
  /** Of the assigned partitions, but for those without a leader. */
  readonly ranges: ReadonlyMap<number, PartitionRange>;
}

/** Starts that the group does not know yet, or no longer has: they are committed before the first record is read. */
export interface Starts {
  readonly partitions: readonly AssignedPartition[];
  readonly toCommit: readonly TopicPartitionOffset[];
}

/**
 * Where the assigned partitions of a topic start. Without a committed offset the policy decides, once for each group
 * and partition, for the start is committed. A partition that came after the group had begun to read the topic
 * starts at its beginning, whatever the policy. An offset whose record is gone starts at the oldest record kept.
 * KS_KAFKA_FATAL with the policy `none`.
 */
export function startsOf(
  { topic, committed, ranges }: TopicPositions,
  assigned: readonly number[],
  policy: StartPolicy,
): Starts {
  const atStart = partitionsAtStart(committed);
  const count = atStart ?? committed.length;
  const partitions: AssignedPartition[] = [];
  const toCommit: TopicPartitionOffset[] = [];
  for (const partition of assigned) {
    const place: TopicPartition = { topic, partition };
    const known = committed[partition];
    const isNew = atStart !== undefined && partition >= atStart;
    const found = startOf(place, known, ranges.get(partition), isNew ? 'earliest' : policy);
    const metadata = textOf(count, startIn(known?.metadata) ?? found.start);
    partitions.push({ ...place, ...found, metadata });
    if (found.start !== undefined) toCommit.push({ ...place, offset: found.start, metadata });
  }
  return { partitions, toCommit };
}

/** Nothing where the client finds the start by itself. A partition without a leader has no range. */
function startOf(
  place: TopicPartition,
  known: Committed | undefined,
  range: PartitionRange | undefined,
  policy: StartPolicy,
): Pick<AssignedPartition, 'start' | 'startsAtEnd' | 'skipped' | 'committed'> {
  if (known !== undefined) {
    if (range === undefined) return {};
    if (isWithin(known.offset, range)) return { committed: known.offset };
    return { start: range.low, skipped: { from: known.offset, to: range.low } };
  }
  if (range !== undefined) return { start: startBy(policy, range, place) };
  return policy === 'latest' ? { startsAtEnd: true } : {};
}

function isWithin(offset: number, { low, high }: PartitionRange): boolean {
  return offset >= low && offset <= high;
}

function startBy(
  policy: StartPolicy,
  { low, high }: PartitionRange,
  { topic, partition }: TopicPartition,
): number {
  if (policy === 'earliest') return low;
  if (policy === 'latest') return high;
  throw noStart(`The group has no committed offset for partition ${partition} of ${topic}`);
}

/** With the policy `none`. `sentence`: what happened, without a full stop. */
export function noStart(sentence: string, cause?: unknown): KubesentimentError {
  return new KubesentimentError('KS_KAFKA_FATAL', `${sentence}, and auto_offset_reset is none.`, {
    remedy: 'Commit a starting offset for the group, or set auto_offset_reset to earliest or latest.',
    cause,
  });
}

/**
 * How many partitions the topic had when the group began to read it: it is written with every committed offset, or
 * nobody could tell a partition that is new from one that another member is about to take for the first time.
 */
function partitionsAtStart(committed: readonly (Committed | undefined)[]): number | undefined {
  const counts = committed.flatMap((entry) => {
    const count = TEXT.exec(entry?.metadata ?? '')?.[1];
    return count === undefined ? [] : [Number(count)];
  });
  return counts.length === 0 ? undefined : Math.min(...counts);
}

/** Where the group began to read the partition: what came before was never meant for it. Undefined if not known. */
export function startIn(metadata: string | undefined): number | undefined {
  const start = TEXT.exec(metadata ?? '')?.[2];
  return start === undefined ? undefined : Number(start);
}

function textOf(partitions: number, start: number | undefined): string {
  return start === undefined ? `partitions=${partitions}` : `partitions=${partitions},start=${start}`;
}
