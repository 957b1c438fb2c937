import type { PartitionLag } from '../lag.ts';
import type { SkippedOffsets } from './counters.ts';

/** Partitions with figures of their own: rendering more would hold up the main thread for too long. */
const PARTITIONS_MAX = 1_000;

/** All of them, or the ones that are furthest behind. */
export function furthestBehind(lag: readonly PartitionLag[]): readonly PartitionLag[] {
  if (lag.length <= PARTITIONS_MAX) return lag;
  return [...lag].sort((a, b) => b.messages - a.messages || b.heldBack - a.heldBack).slice(0, PARTITIONS_MAX);
}

/** By partition and reason; beyond the limit, in one sum for each reason. */
export function limitSkipped(skipped: Iterable<SkippedOffsets>): SkippedOffsets[] {
  const all = [...skipped];
  const rest = new Map<string, SkippedOffsets>();
  for (const { reason, offsets } of all.slice(PARTITIONS_MAX)) {
    const sum = rest.get(reason) ?? { topic: 'others', partition: -1, reason, offsets: 0 };
    sum.offsets += offsets;
    rest.set(reason, sum);
  }
  return [...all.slice(0, PARTITIONS_MAX), ...rest.values()];
}
