import { bug } from './errors.ts';
import { type ErrorType, errorTypes, type ReadPlace, readPlaceOf, type SourceMessage } from './types.ts';

/**
 * The life of a slot:
 *
 *                   ┌──────────── passOver() ────────────► passedOver ──┐
 *                   ├──────────── reject() ───────────────► deadLetter ─┤
 *     free ─take()─► waiting ─start()─► running ─finish()─► result ─────┼─release()─► free
 *                     │                 │   └─reject()────► deadLetter ─┘
 *                     └──────drop()─────┴─► dropped ─────── start(), finish(), reject(), collect() ─► free
 *
 * `askAgain()` takes a running slot back to waiting: another model answers it.
 * `refuse()` makes a result a dead letter: its topic does not take it.
 *
 * A text that is read in windows has a row for each of them, and the slot moves on only with the last row that comes
 * back: `rowDone()` counts the others. If one of them is rejected, the slot is `failing`, and its other rows are
 * collected like those of a slot that was dropped.
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
  failing: 4,
  result: 5,
  deadLetter: 6,
  passedOver: 7,
} as const;
type FinishedState = typeof SlotState.result | typeof SlotState.deadLetter | typeof SlotState.passedOver;

/** 0 high, 1 medium, 2 low. */
export type Priority = 0 | 1 | 2;

/** Bits of `flags`, written by the native decoder. */
export const Flag = { truncated: 1, priorityHigh: 2, priorityLow: 4 } as const;

/** Most windows of a text; longer texts are cut. As `Windows::kMax` in native/windows.h. */
export const WINDOWS_MAX = 32;

/**
 * The in-flight table: one slot per message between poll and commit, one typed-array column per field. The number of
 * slots is the in-flight budget (`buffer_size`), so memory is bounded by construction and taking a message allocates
 * nothing. The native decoder keeps the token ids of slot `i` in row `i` of its slab and writes the columns `status`,
 * `length`, `flags`, `windows` and `lastLength` directly.
 *
 * Window `w` of the text in slot `s` is row `s + w × capacity`: for other texts, rows and slots are the same numbers.
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
  /** In how many windows the text is read; more than 1 only if it is longer than a row. Written by the decoder. */
  readonly windows: Uint8Array;
  /** Tokens of the last of several windows; the others are as long as `length` says. Written by the decoder. */
  readonly lastLength: Uint16Array;
  /** Output column of the winning label. */
  readonly label: Uint8Array;
  readonly score: Float32Array;
  /** Which edition of the model holds the row and answers it; 0: none yet, or none at all. */
  readonly edition: Uint8Array;
  /** Attempts charged to this message itself, including the one now running. */
  readonly attempts: Uint8Array;
  /** Those of them before it was put off. */
  readonly attemptsBefore: Uint8Array;
  /** `performance.now()` when the message was taken from librdkafka. */
  readonly takenAt: Float64Array;
  readonly message: (SourceMessage | undefined)[];

  readonly #state: Uint8Array;
  /** Index into `errorTypes` of a dead letter. */
  readonly #errorType: Uint8Array;
  /** Rows of the slot that are not back yet. */
  readonly #rowsOut: Uint8Array;
  readonly #freeSlots: Int32Array;
  #freeCount: number;
  #bytes = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.status = new Uint8Array(capacity);
    this.length = new Uint16Array(capacity);
    this.unknown = new Uint16Array(capacity);
    this.flags = new Uint8Array(capacity);
    this.windows = new Uint8Array(capacity);
    this.lastLength = new Uint16Array(capacity);
    this.label = new Uint8Array(capacity);
    this.score = new Float32Array(capacity);
    this.edition = new Uint8Array(capacity);
    this.attempts = new Uint8Array(capacity);
    this.attemptsBefore = new Uint8Array(capacity);
    this.takenAt = new Float64Array(capacity);
    this.message = new Array(capacity).fill(undefined);
    this.#state = new Uint8Array(capacity);
    this.#errorType = new Uint8Array(capacity);
    this.#rowsOut = new Uint8Array(capacity);
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
    this.attemptsBefore[slot] = 0;
    this.edition[slot] = 0;
    this.windows[slot] = 1;
    this.#state[slot] = SlotState.waiting;
    this.#rowsOut[slot] = 1;
    this.#bytes += message.size;
    return slot;
  }

  /** Where the message of the slot was read. */
  placeOf(slot: number): ReadPlace {
    return readPlaceOf(this.message[slot] as SourceMessage);
  }

  /** The slot of a row. */
  slotOf(row: number): number {
    return row < this.capacity ? row : row % this.capacity;
  }

  /** Tokens of a row, special ones included. */
  lengthOf(row: number): number {
    const slot = this.slotOf(row);
    const isLast = row >= this.capacity && this.windowOf(row) + 1 === this.windows[slot];
    return (isLast ? this.lastLength[slot] : this.length[slot]) as number;
  }

  /** Which window of its text a row is. */
  windowOf(row: number): number {
    return Math.floor(row / this.capacity);
  }

  /** Tokens of the slot as the model gets them: of all its rows. */
  tokensOf(slot: number): number {
    const windows = this.windows[slot] as number;
    const length = this.length[slot] as number;
    return windows > 1 ? (windows - 1) * length + (this.lastLength[slot] as number) : length;
  }

  /** A text in windows is about to be queued, as several rows. */
  split(slot: number): void {
    if (this.#state[slot] !== SlotState.waiting) throw bug('A slot was split that was not waiting.');
    this.#rowsOut[slot] = this.windows[slot] as number;
  }

  /** Puts a row of the slot into a batch. False if nobody wants it any more; it then counts as back. */
  start(slot: number): boolean {
    if (this.collect(slot)) return false;
    const isNext = (this.windows[slot] as number) > 1 && this.#state[slot] === SlotState.running;
    if (this.#state[slot] !== SlotState.waiting && !isNext) throw bug('A slot went into two batches.');
    this.#state[slot] = SlotState.running;
    return true;
  }

  /** A row of the slot is back. True if it was the last one and somebody wants it: then the slot can be finished. */
  rowDone(slot: number): boolean {
    if (this.collect(slot)) return false;
    if (this.#rowsOut[slot] === 1) return true;
    this.#rowsOut[slot] = (this.#rowsOut[slot] as number) - 1;
    return false;
  }

  /** All rows of the slot are back, and another model is to answer. One that is alone was waiting all the time. */
  askAgain(slot: number): void {
    const before = this.#state[slot];
    if (before !== SlotState.waiting && before !== SlotState.running)
      throw bug('A slot was to be asked again that was not in flight.');
    this.#state[slot] = SlotState.waiting;
    this.#rowsOut[slot] = 1;
  }

  /** Gives the slot its label and score. */
  finish(slot: number, label: number, score: number): void {
    this.label[slot] = label;
    this.score[slot] = score;
    this.#end(slot, SlotState.result);
  }

  /** Gives up on the message, because a row of it failed or before it has any. */
  reject(slot: number, errorType: ErrorType): void {
    if (this.collect(slot)) return;
    this.#errorType[slot] = errorTypes.indexOf(errorType);
    const isAlone = this.#rowsOut[slot] === 1;
    this.#end(slot, isAlone ? SlotState.deadLetter : SlotState.failing);
    if (!isAlone) this.#rowsOut[slot] = (this.#rowsOut[slot] as number) - 1;
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

  /**
   * Takes back a row that nobody wants: with the last one, a slot that was dropped is free, and one that failed is a
   * dead letter. False if somebody wants it; then nothing changes.
   */
  collect(slot: number): boolean {
    if (!this.isUnwanted(slot)) return false;
    this.#rowsOut[slot] = (this.#rowsOut[slot] as number) - 1;
    if ((this.#rowsOut[slot] as number) > 0) return true;
    if (this.#state[slot] === SlotState.dropped) this.release(slot);
    else this.#state[slot] = SlotState.deadLetter;
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

  /** Whether the rows that are still out are wanted no more: the slot was dropped, or another row failed. */
  isUnwanted(slot: number): boolean {
    return this.#state[slot] === SlotState.dropped || this.#state[slot] === SlotState.failing;
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

  #end(slot: number, state: FinishedState | typeof SlotState.failing): void {
    if (this.collect(slot)) return;
    const before = this.#state[slot];
    if (before !== SlotState.waiting && before !== SlotState.running)
      throw bug('A slot was finished that was not in flight.');
    this.#state[slot] = state;
  }
}
