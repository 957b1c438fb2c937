import { Flag, type Priority } from '../slots.ts';

/** The messages of a poll: their slots, and of each the index of its partition. */
export interface PolledRows {
  readonly slots: Int32Array;
  readonly places: Uint16Array;
  readonly count: number;
  readonly partitions: number;
}

/**
 * Order within a partition is kept, so an urgent message is no faster than those before it: they get its priority.
 * Priority then decides between partitions. Written to `out`, for each message.
 */
export function prioritize(
  { slots, places, count, partitions }: PolledRows,
  flags: Uint8Array,
  out: Uint8Array,
): void {
  const urgency = new Uint8Array(partitions).fill(2);
  for (let i = count - 1; i >= 0; i--) {
    const place = places[i] as number;
    const own: Priority = priorityOf(flags[slots[i] as number] as number);
    if (own < (urgency[place] as number)) urgency[place] = own;
    out[i] = urgency[place] as number;
  }
}

function priorityOf(flags: number): Priority {
  if ((flags & Flag.priorityHigh) !== 0) return 0;
  return (flags & Flag.priorityLow) !== 0 ? 2 : 1;
}
