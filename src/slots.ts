import type { SourceMessage } from './types.ts';

/** Life of a slot. `dropped` means: of a released partition, but still inside a running batch. */
export const SlotState = { free: 0, queued: 1, running: 2, done: 3, dropped: 4 } as const;

/** What became of a finished message. */
export const Outcome = { pending: 0, result: 1, deadLetter: 2, duplicate: 3 } as const;

/** 0 high, 1 medium, 2 low. */
export type Priority = 0 | 1 | 2;

/** Bits of `flags`, written by the native decoder. */
export const Flag = { truncated: 1, priorityHigh: 2, priorityLow: 4 } as const;

export function priorityOf(flags: number): Priority {
  if ((flags & Flag.priorityHigh) !== 0) return 0;
  return (flags & Flag.priorityLow) !== 0 ? 2 : 1;
}

/**
 * The in-flight table: one slot for each message between poll and commit, one typed-array column for
 * each fact. The number of slots is the in-flight budget (`buffer_size`), so memory is bounded by
 * construction and taking a message allocates nothing. The native decoder keeps the token ids of slot
 * `i` in row `i` of its slab and writes the columns `status`, `length` and `flags` itself.
 *
 * Free slots are handed out last-in-first-out: a lightly loaded process touches few pages.
 */
export class SlotTable {
  readonly capacity: number;
  /** Result of decoding: 0, or a native status code. Written by the decoder. */
  readonly status: Uint8Array;
  /** Tokens of the row, special tokens included. Written by the decoder. */
  readonly length: Uint16Array;
  /** Bits of `Flag`. Written by the decoder. */
  readonly flags: Uint8Array;
  readonly state: Uint8Array;
  readonly outcome: Uint8Array;
  /** Output column of the winning label. */
  readonly label: Uint8Array;
  readonly score: Float32Array;
  /** How often it has been tried on its own account, the attempt that runs now included. */
  readonly attempts: Uint8Array;
  /** Index into `errorTypes`, when the outcome is a dead letter. */
  readonly errorType: Uint8Array;
  /** `performance.now()` when the message was taken from librdkafka. */
  readonly takenAt: Float64Array;
  readonly message: (SourceMessage | undefined)[];

  readonly #freeSlots: Int32Array;
  #freeCount: number;
  #bytes = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.status = new Uint8Array(capacity);
    this.length = new Uint16Array(capacity);
    this.flags = new Uint8Array(capacity);
    this.state = new Uint8Array(capacity);
    this.outcome = new Uint8Array(capacity);
    this.label = new Uint8Array(capacity);
    this.score = new Float32Array(capacity);
    this.attempts = new Uint8Array(capacity);
    this.errorType = new Uint8Array(capacity);
    this.takenAt = new Float64Array(capacity);
    this.message = new Array(capacity).fill(undefined);
    this.#freeSlots = new Int32Array(capacity);
    for (let i = 0; i < capacity; i++) this.#freeSlots[i] = capacity - 1 - i;
    this.#freeCount = capacity;
  }

  get freeCount(): number {
    return this.#freeCount;
  }

  get usedCount(): number {
    return this.capacity - this.#freeCount;
  }

  /** Bytes of the message values now in flight. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes a slot for `message`; -1 when the table is full. */
  take(message: SourceMessage, takenAt: number): number {
    if (this.#freeCount === 0) return -1;
    const slot = this.#freeSlots[--this.#freeCount] as number;
    this.message[slot] = message;
    this.takenAt[slot] = takenAt;
    this.state[slot] = SlotState.queued;
    this.outcome[slot] = Outcome.pending;
    this.attempts[slot] = 1;
    this.#bytes += message.size;
    return slot;
  }

  release(slot: number): void {
    this.#bytes -= (this.message[slot] as SourceMessage).size;
    this.message[slot] = undefined;
    this.state[slot] = SlotState.free;
    this.#freeSlots[this.#freeCount++] = slot;
  }
}
