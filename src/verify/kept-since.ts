import type { GroupReader } from '../kafka/group-reader.ts';
import { recordAgeMs } from '../record-age.ts';
import type { SourceMessage } from '../types.ts';

const LOOK_TIMEOUT_MS = 10_000;
/** Nothing has been deleted. */
export const ALWAYS = Number.NEGATIVE_INFINITY;
/** Nobody can say what has been deleted. */
const UNKNOWN = Number.POSITIVE_INFINITY;

/**
 * The time since which no record has been deleted, milliseconds since 1970. A later request must have its record; an
 * earlier one without a record proves nothing.
 */
export async function keptSince(group: GroupReader, topics: readonly string[]): Promise<number> {
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
export function writtenAt({ timestamp }: SourceMessage): number | undefined {
  return recordAgeMs(timestamp, Date.now()) === undefined ? undefined : timestamp;
}
