import type { TopicPartition } from './types.ts';

/**
 * ok: no message has waited for `BEHIND_S`. behind: one has, but the group's offset is moving. stalled: one has, and
 * the offset has not moved for `STALLED_S`. blocked: an open transaction of another producer has held records back for
 * `BLOCKED_S`.
 */
export const lagStatuses = ['ok', 'behind', 'stalled', 'blocked'] as const;
export type LagStatus = (typeof lagStatuses)[number];

/** How far a group is behind the end of a partition. */
export interface PartitionPosition extends TopicPartition {
  /** The next offset that the group will read; null if it has committed none. */
  readonly committedOffset: number | null;
  /** The offset after the last visible record; null if unknown. */
  readonly endOffset: number | null;
  /** Number of messages waiting. */
  readonly messages: number;
  /** Messages in a retry topic that are not due yet: they do not count as waiting. Missing for request topics. */
  readonly notDue?: number;
  /** Records behind an open transaction of another producer: nobody can read them before it ends. */
  readonly heldBack: number;
  /** How long the first of them has been there, 0 if there is none; null if unknown. */
  readonly heldBackSeconds: number | null;
  /** Whose transaction it is, as far as the brokers tell; null if nothing is held back. */
  readonly holder: string | null;
  /** Age of the oldest of them, 0 if none is waiting; null if unknown. */
  readonly seconds: number | null;
}

export interface PartitionLag extends PartitionPosition {
  readonly status: LagStatus;
}

/** Messages that have waited less than this count as in progress. */
export const BEHIND_S = 10;
/** A group that commits nothing for this long is not just slow. */
export const STALLED_S = 10;
/** A transaction that is open for less is one at work. */
export const BLOCKED_S = 10;

interface Wait {
  readonly committedOffset: number | null;
  readonly sinceMs: number;
  /** Whether the offset has ever been seen to move while messages were waiting. */
  readonly hasMoved: boolean;
}

/** Nothing is held back. */
export const nothingHeldBack = { heldBack: 0, heldBackSeconds: 0, holder: null } as const;

/** Compares samples of the partitions: a single sample cannot tell a slow group from a stalled one. */
export class LagWatch {
  readonly #now: () => number;
  /** By `topic/partition`, only for those with messages waiting in the last sample. */
  #waits: ReadonlyMap<string, Wait> = new Map();
  /** Where partitions with records held back end for their readers, and since when. */
  #ends: ReadonlyMap<string, { readonly endOffset: number | null; readonly sinceMs: number }> = new Map();

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /**
   * Whether another sample could still turn a `behind` into `stalled`, since those partitions have not been seen
   * moving, or an `ok` into `blocked`, since nobody knows how long records have been held back.
   */
  isUndecided(lags: readonly PartitionLag[]): boolean {
    return lags.some((lag) => {
      if (lag.status === 'behind') return this.#waits.get(nameOf(lag))?.hasMoved === false;
      return lag.status === 'ok' && lag.heldBack > 0 && lag.heldBackSeconds === null;
    });
  }

  /** Takes a sample of all existing partitions; missing ones are forgotten. */
  judge(positions: readonly PartitionPosition[]): PartitionLag[] {
    const nowMs = this.#now();
    const waits = new Map<string, Wait>();
    const ends = new Map<string, { endOffset: number | null; sinceMs: number }>();
    const lags = positions.map((position) => {
      const name = nameOf(position);
      const wait = this.#waitOf(position, nowMs);
      if (wait !== undefined) waits.set(name, wait);
      const { endOffset, heldBack } = position;
      const before = this.#ends.get(name);
      const end = before?.endOffset === endOffset ? before : { endOffset, sinceMs: nowMs };
      if (heldBack > 0) ends.set(name, end);
      return { ...position, status: statusOf(position, wait, nowMs, end.sinceMs) };
    });
    this.#waits = waits;
    this.#ends = ends;
    return lags;
  }

  #waitOf(position: PartitionPosition, nowMs: number): Wait | undefined {
    const { committedOffset, messages } = position;
    if (messages === 0) return undefined;
    const before = this.#waits.get(nameOf(position));
    if (before?.committedOffset === committedOffset) return before;
    return { committedOffset, sinceMs: nowMs, hasMoved: before !== undefined };
  }
}

/** `heldSinceMs`: since when records have been seen held back at this place. */
function statusOf(
  { seconds, heldBack, heldBackSeconds }: PartitionPosition,
  wait: Wait | undefined,
  nowMs: number,
  heldSinceMs: number,
): LagStatus {
  const isBlocked = heldBack > 0 && (heldBackSeconds ?? (nowMs - heldSinceMs) / 1_000) >= BLOCKED_S;
  if (wait === undefined || (seconds !== null && seconds < BEHIND_S)) return isBlocked ? 'blocked' : 'ok';
  if (nowMs - wait.sinceMs >= 1_000 * STALLED_S) return 'stalled';
  return isBlocked ? 'blocked' : 'behind';
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}
