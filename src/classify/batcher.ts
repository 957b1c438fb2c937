import { bug } from '../errors.ts';
import type { Priority, SlotTable } from '../slots.ts';
import { type BatchLimits, MessageBatch } from './message-batch.ts';

export interface BatcherOptions extends BatchLimits {
  readonly table: SlotTable;
  /** Maximum number of tokens in a row. */
  readonly lengthMax: number;
  /** A message that has waited this long goes into the next batch, however poorly that one is filled. */
  readonly timeoutMs: number;
}

/** high, medium, low. */
const CLASSES = 3;
/**
 * By how many timeouts a class counts as younger than `high`. Only a few, since a waiting message blocks the finished
 * ones behind it in its partition.
 */
const classDelayTimeouts = [0, 1, 3] as const;
/** Rows of other lengths join while the padding stays below this … */
const PADDING_MAX = 1.04;
/** … or this, while the batch is so small that a separate batch would cost more. */
const PADDING_SMALL_MAX = 1.25;
const SMALL_ROWS = 8;

/**
 * Groups rows of similar length. Waiting slots are kept in one list per class and length (linked through one array,
 * so queueing allocates nothing); a batch starts at one length and takes in its neighbours.
 */
export class Batcher {
  readonly #options: BatcherOptions;
  readonly #table: SlotTable;
  readonly #next: Int32Array;
  readonly #heads: Int32Array;
  readonly #tails: Int32Array;
  readonly #counts: Int32Array;
  readonly #lists: number;
  #queued = 0;
  #queuedTokens = 0;

  constructor(options: BatcherOptions) {
    this.#options = options;
    this.#table = options.table;
    this.#next = new Int32Array(options.table.capacity);
    this.#lists = options.lengthMax + 1;
    this.#heads = new Int32Array(CLASSES * this.#lists).fill(-1);
    this.#tails = new Int32Array(CLASSES * this.#lists).fill(-1);
    this.#counts = new Int32Array(CLASSES * this.#lists);
  }

  /** Messages waiting. */
  get queued(): number {
    return this.#queued;
  }

  /** Queues a row, of at least one token, with the current priority of its partition. */
  add(slot: number, priority: Priority): void {
    const { length } = this.#table;
    const tokens = length[slot] as number;
    // Such a row would fit into no batch, and wait for ever.
    if (tokens < 1) throw bug('A row without tokens was queued.');
    const list = priority * this.#lists + tokens;
    this.#next[slot] = -1;
    if (this.#heads[list] === -1) this.#heads[list] = slot;
    else this.#next[this.#tails[list] as number] = slot;
    this.#tails[list] = slot;
    this.#counts[list] = (this.#counts[list] as number) + 1;
    this.#queued++;
    this.#queuedTokens += tokens;
  }

  /**
   * The next batch, or undefined when nothing is waiting. With `onlyGood`, also undefined if there is neither a full
   * batch nor an overdue message: for a batch that would only queue behind a busy worker, or follow another closely.
   */
  next(nowMs: number, onlyGood = false): MessageBatch | undefined {
    this.#discardDropped();
    if (this.#queued === 0) return undefined;
    const oldest = this.#oldestList();
    const waitedMs = nowMs - (this.#table.takenAt[this.#heads[oldest] as number] as number);
    const overdue = waitedMs >= this.#options.timeoutMs;
    const { tokensMax, rowsMax } = this.#options;
    if (onlyGood && !overdue && this.#queuedTokens < tokensMax && this.#queued < rowsMax) return undefined;
    const anchor = overdue || this.#queued < rowsMax ? oldest : this.#fullestList();
    return this.#build(Math.floor(anchor / this.#lists), anchor % this.#lists);
  }

  /** Empties the lists; the slots must have been dropped. */
  clear(): void {
    for (let list = 0; list < this.#heads.length; list++)
      while (this.#heads[list] !== -1) this.#table.collect(this.#shift(list));
  }

  #build(priority: number, length: number): MessageBatch {
    const batch = new MessageBatch(this.#options);
    this.#move(priority * this.#lists + length, batch, length);
    // Nearest lengths first, and the shorter one of a pair before the longer one, which widens the rectangle.
    for (let distance = 0; distance < this.#lists; distance++) {
      if (!this.#allows(batch, length + distance) && !this.#allows(batch, length - distance)) break;
      for (let cls = 0; cls < CLASSES; cls++) {
        if (length - distance > 0)
          this.#move(cls * this.#lists + length - distance, batch, length - distance);
        if (length + distance < this.#lists)
          this.#move(cls * this.#lists + length + distance, batch, length + distance);
      }
    }
    return batch;
  }

  #allows(batch: MessageBatch, length: number): boolean {
    if (length <= 0 || length >= this.#lists || !batch.fits(length)) return false;
    return batch.paddingWith(length) <= (batch.count < SMALL_ROWS ? PADDING_SMALL_MAX : PADDING_MAX);
  }

  #move(list: number, batch: MessageBatch, length: number): void {
    while (this.#heads[list] !== -1 && this.#allows(batch, length)) {
      const slot = this.#shift(list);
      if (this.#table.start(slot)) batch.add(slot, length);
    }
  }

  #shift(list: number): number {
    const slot = this.#heads[list] as number;
    this.#heads[list] = this.#next[slot] as number;
    this.#counts[list] = (this.#counts[list] as number) - 1;
    this.#queued--;
    this.#queuedTokens -= list % this.#lists;
    return slot;
  }

  /** Slots of partitions that were given back are freed when they are reached. */
  #discardDropped(): void {
    for (let list = 0; list < this.#heads.length; list++) {
      for (;;) {
        const head = this.#heads[list] as number;
        if (head === -1 || !this.#table.isDropped(head)) break;
        this.#table.collect(this.#shift(list));
      }
    }
  }

  #oldestList(): number {
    let oldest = -1;
    let oldestAt = Number.POSITIVE_INFINITY;
    for (let list = 0; list < this.#heads.length; list++) {
      const head = this.#heads[list] as number;
      if (head === -1) continue;
      const delay = (classDelayTimeouts[Math.floor(list / this.#lists)] as number) * this.#options.timeoutMs;
      const at = (this.#table.takenAt[head] as number) + delay;
      if (at < oldestAt) {
        oldestAt = at;
        oldest = list;
      }
    }
    return oldest;
  }

  #fullestList(): number {
    const start = [0, 1, 2].find((cls) => this.#classQueued(cls) > 0) ?? 0;
    let fullest = -1;
    let most = 0;
    for (let list = start * this.#lists; list < (start + 1) * this.#lists; list++) {
      const tokens = (this.#counts[list] as number) * (list % this.#lists);
      if (tokens > most) {
        most = tokens;
        fullest = list;
      }
    }
    return fullest;
  }

  #classQueued(cls: number): number {
    let count = 0;
    for (let list = cls * this.#lists; list < (cls + 1) * this.#lists; list++)
      count += this.#counts[list] as number;
    return count;
  }
}
