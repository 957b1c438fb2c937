import { bug } from './errors.ts';
import { type ErrorType, errorTypes, type SourceMessage } from './types.ts';

/**
 * The life of a slot:
 *
 *                   ┌──────────── passOver() ────────────► passedOver ──┐
 *                   ├──────────── reject() ───────────────► deadLetter ─┤
 *     free ─take()─► waiting ─start()─► running ─finish()─► result ─────┼─release()─► free
 *                     │                 │   └─reject()────► deadLetter ─┘
 *                     └──────drop()─────┴─► dropped ─────── start(), finish(), reject(), collect() ─► free
 *
 * `refuse()` makes a result a dead letter: its topic does not take it.
 *
 * `drop()` is for a slot whose partition has been given back. A finished slot is freed at once. A slot that is
 * waiting, or is in a running batch, is only marked, because its number is still in a list; the code that next
 * encounters it frees it with the method it would have called anyway.
 */
const SlotState = {
  free: 0,
  waiting: 1,
  running: 2,
  dropped: 3,
  result: 4,
  deadLetter: 5,
  passedOver: 6,
} as const;
type FinishedState = typeof SlotState.result | typeof SlotState.deadLetter | typeof SlotState.passedOver;

/** 0 high, 1 medium, 2 low. */
export type Priority = 0 | 1 | 2;

/** Bits of `flags`, written by the native decoder. */
export const Flag = { truncated: 1, priorityHigh: 2, priorityLow: 4 } as const;

export function priorityOf(flags: number): Priority {
  if ((flags & Flag.priorityHigh) !== 0) return 0;
  return (flags & Flag.priorityLow) !== 0 ? 2 : 1;
}

/**
 * The in-flight table: one slot per message between poll and commit, one typed-array column per field. The number of
 * slots is the in-flight budget (`buffer_size`), so memory is bounded by construction and taking a message allocates
 * nothing. The native decoder keeps the token ids of slot `i` in row `i` of its slab and writes the columns `status`,
 * `length` and `flags` directly.
 *
 * Free slots are reused last-in-first-out, so a lightly loaded process touches few pages.
 */
export class SlotTable {
  readonly capacity: number;
  /** Result of decoding: 0, or a native status code. Written by the decoder. */
  readonly status: Uint8Array;
  /** Number of tokens in the row, including special tokens. Written by the decoder. */
  readonly length: Uint16Array;
  /** How many of these tokens the tokenizer has no word for. Written by the decoder. */
  readonly unknown: Uint16Array;
  /** Bits of `Flag`. Written by the decoder. */
  readonly flags: Uint8Array;
  /** Output column of the winning label. */
  readonly label: Uint8Array;
  readonly score: Float32Array;
  /** Which edition of the model holds the row and answers it; 0: none yet, or none at all. */
  readonly edition: Uint8Array;
  /** Attempts charged to this message itself, including the one now running. */
  readonly attempts: Uint8Array;
  /** `performance.now()` when the message was taken from librdkafka. */
  readonly takenAt: Float64Array;
  readonly message: (SourceMessage | undefined)[];

  readonly #state: Uint8Array;
  /** Index into `errorTypes` of a dead letter. */
  readonly #errorType: Uint8Array;
  readonly #freeSlots: Int32Array;
  #freeCount: number;
  #bytes = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.status = new Uint8Array(capacity);
    this.length = new Uint16Array(capacity);
    this.unknown = new Uint16Array(capacity);
    this.flags = new Uint8Array(capacity);
    this.label = new Uint8Array(capacity);
    this.score = new Float32Array(capacity);
    this.edition = new Uint8Array(capacity);
    this.attempts = new Uint8Array(capacity);
    this.takenAt = new Float64Array(capacity);
    this.message = new Array(capacity).fill(undefined);
    this.#state = new Uint8Array(capacity);
    this.#errorType = new Uint8Array(capacity);
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

  /** Bytes of the message values currently in flight. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes a slot for `message`; -1 if the table is full. */
  take(message: SourceMessage, takenAt: number): number {
    if (this.#freeCount === 0) return -1;
    const slot = this.#freeSlots[--this.#freeCount] as number;
    this.message[slot] = message;
    this.takenAt[slot] = takenAt;
    this.attempts[slot] = 1;
    this.edition[slot] = 0;
    this.#state[slot] = SlotState.waiting;
    this.#bytes += message.size;
    return slot;
  }

  /** Puts the slot into a batch. False if it had been dropped; it is then free. */
  start(slot: number): boolean {
    if (this.collect(slot)) return false;
    if (this.#state[slot] !== SlotState.waiting) throw bug('A slot went into two batches.');
    this.#state[slot] = SlotState.running;
    return true;
  }

  /** Gives the slot its label and score. */
  finish(slot: number, label: number, score: number): void {
    this.label[slot] = label;
    this.score[slot] = score;
    this.#end(slot, SlotState.result);
  }

  /** Gives up on the message. */
  reject(slot: number, errorType: ErrorType): void {
    this.#errorType[slot] = errorTypes.indexOf(errorType);
    this.#end(slot, SlotState.deadLetter);
  }

  /** Gives up on a result, because its topic refuses it. */
  refuse(slot: number): void {
    if (!this.isResult(slot)) throw bug('A slot was refused that has no result.');
    this.#errorType[slot] = errorTypes.indexOf('produce_failed');
    this.#state[slot] = SlotState.deadLetter;
  }

  /** The message was seen before, or is a tombstone: its offset is committed, and nothing is written for it. */
  passOver(slot: number): void {
    this.#end(slot, SlotState.passedOver);
  }

  /** The slot's partition has been given back, with everything that was not committed. */
  drop(slot: number): void {
    if (this.isFinished(slot)) this.release(slot);
    else this.#state[slot] = SlotState.dropped;
  }

  /** Frees a slot that was dropped. False if it was not; then nothing changes. */
  collect(slot: number): boolean {
    if (this.#state[slot] !== SlotState.dropped) return false;
    this.release(slot);
    return true;
  }

  /** Frees the slot. */
  release(slot: number): void {
    if (this.#state[slot] === SlotState.free) throw bug('A slot was released twice.');
    this.#bytes -= (this.message[slot] as SourceMessage).size;
    this.message[slot] = undefined;
    this.#state[slot] = SlotState.free;
    this.#freeSlots[this.#freeCount++] = slot;
  }

  isFinished(slot: number): boolean {
    return (this.#state[slot] as number) >= SlotState.result;
  }

  isResult(slot: number): boolean {
    return this.#state[slot] === SlotState.result;
  }

  isDeadLetter(slot: number): boolean {
    return this.#state[slot] === SlotState.deadLetter;
  }

  isPassedOver(slot: number): boolean {
    return this.#state[slot] === SlotState.passedOver;
  }

  isDropped(slot: number): boolean {
    return this.#state[slot] === SlotState.dropped;
  }

  /** Whether a message in flight needs this edition of the model. Looks at every slot. */
  isUsing(edition: number): boolean {
    for (let slot = this.edition.indexOf(edition); slot >= 0; slot = this.edition.indexOf(edition, slot + 1))
      if (this.#state[slot] !== SlotState.free) return true;
    return false;
  }

  /** Why the message became a dead letter. */
  errorTypeOf(slot: number): ErrorType {
    return errorTypes[this.#errorType[slot] as number] as ErrorType;
  }

  #end(slot: number, state: FinishedState): void {
    if (this.collect(slot)) return;
    const before = this.#state[slot];
    if (before !== SlotState.waiting && before !== SlotState.running)
      throw bug('A slot was finished that was not in flight.');
    this.#state[slot] = state;
  }
}
