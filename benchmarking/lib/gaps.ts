import type { ReadRecord } from '../../test/helpers/kafka-client.ts';
import type { Replacement } from '../../test/helpers/rolling-group.ts';

/** The longest time without a result of a request partition, around the replacement of its process. */
export interface Gap {
  readonly member: number;
  readonly partition: number;
  readonly ms: number;
  /** What is left without the time that the old process took to finish what it had. */
  readonly beyondDrainMs: number;
}

/** How long after it was ordered a replacement still counts. */
const AFTERWARDS_MS = 5_000;

/**
 * One gap for each partition and replacement: the longest between two results of the partition in that time, by the
 * times at which the broker appended them. Partitions of other members are there too; theirs show what is usual.
 */
export function gapsOf(results: readonly ReadRecord[], replacements: readonly Replacement[]): Gap[] {
  const byPartition = new Map<number, number[]>();
  for (const { value, timestamp = 0 } of results) {
    const { source } = JSON.parse(String(value)) as { source: { partition: number } };
    const times = byPartition.get(source.partition) ?? [];
    times.push(timestamp);
    byPartition.set(source.partition, times);
  }
  return replacements.flatMap(({ member, stoppedAtMs, drainMs, replacedMs }) =>
    [...byPartition].map(([partition, times]) => {
      const ms = longest(times, stoppedAtMs, stoppedAtMs + replacedMs + AFTERWARDS_MS);
      return { member, partition, ms, beyondDrainMs: Math.max(0, ms - drainMs) };
    }),
  );
}

/** Of sorted values. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
}

/** Between two results of which at least the second one came in that time. */
function longest(times: number[], fromMs: number, toMs: number): number {
  times.sort((a, b) => a - b);
  let most = 0;
  for (let i = 1; i < times.length; i++) {
    const [before, now] = [times[i - 1] as number, times[i] as number];
    if (now >= fromMs && before <= toMs) most = Math.max(most, now - before);
  }
  return most;
}
