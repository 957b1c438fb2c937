import { bug } from '../errors.ts';
import { type Priority, type SlotTable, WINDOWS_MAX } from '../slots.ts';
import { type BatchLimits, MessageBatch } from './message-batch.ts';

export interface BatcherOptions extends BatchLimits {
  readonly table: SlotTable;
  /** Maximum number of tokens in a row. */
  readonly lengthMax: number;
  /** A message that has waited this long goes into the next batch, however poorly that one is filled. */
  readonly timeoutMs: number;
  /** Whether texts may have several rows. */
  readonly hasWindows?: boolean;
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
 * Groups rows of similar length. Waiting rows are kept in one list per class and length (linked through one array,
 * so queueing allocates nothing); a batch starts at one length and takes in its neighbours. Which slot a row belongs to
 * is for the table to say; nearly always they are the same number.
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
  #unwanted = 0;

  constructor(options: BatcherOptions) {
    this.#options = options;
    this.#table = options.table;
    this.#next = new Int32Array(options.table.capacity * (options.hasWindows === true ? WINDOWS_MAX : 1));
    this.#lists = options.lengthMax + 1;
    this.#heads = new Int32Array(CLASSES * this.#lists).fill(-1);
    this.#tails = new Int32Array(CLASSES * this.#lists).fill(-1);
    this.#counts = new Int32Array(CLASSES * this.#lists);
  }

  /** Rows waiting. */
  get queued(): number {
    return this.#queued;
  }

  /** Rows taken out so far because nobody wants them any more: with the last one, a slot may be finished or free. */
  get unwanted(): number {
    return this.#unwanted;
  }

  /** Queues a message, of at least one token, with the current priority of its partition. */
  add(slot: number, priority: Priority): void {
    const { windows, capacity } = this.#table;
    const count = windows[slot] as number;
    if (count > 1) this.#table.split(slot);
    this.#push(slot, priority);
    for (let window = 1; window < count; window++) this.#push(slot + window * capacity, priority);
  }

  #push(row: number, priority: Priority): void {
    const tokens = this.#table.lengthOf(row);
    // Such a row would fit into no batch, and wait for ever.
    if (tokens < 1) throw bug('A row without tokens was queued.');
    const list = priority * this.#lists + tokens;
    this.#next[row] = -1;
    if (this.#heads[list] === -1) this.#heads[list] = row;
    else this.#next[this.#tails[list] as number] = row;
    this.#tails[list] = row;
    this.#counts[list] = (this.#counts[list] as number) + 1;
    this.#queued++;
    this.#queuedTokens += tokens;
  }

  /**
   * The next batch, or undefined when nothing is waiting. With `onlyGood`, also undefined if there is neither a full
   * batch nor an overdue message: for a batch that would only queue behind a busy worker, or follow another closely.
   */
  next(nowMs: number, onlyGood = false): MessageBatch | undefined {
    this.#discardUnwanted();
    if (this.#queued === 0) return undefined;
    const oldest = this.#oldestList();
    const waitedMs = nowMs - this.#takenAt(this.#heads[oldest] as number);
    const overdue = waitedMs >= this.#options.timeoutMs;
    const { tokensMax, rowsMax } = this.#options;
    if (onlyGood && !overdue && this.#queuedTokens < tokensMax && this.#queued < rowsMax) return undefined;
    const anchor = overdue || this.#queued < rowsMax ? oldest : this.#fullestList();
    return this.#build(Math.floor(anchor / this.#lists), anchor % this.#lists);
  }

  /** Empties the lists; the slots must have been dropped. */
  clear(): void {
    for (let list = 0; list < this.#heads.length; list++)
      while (this.#heads[list] !== -1) this.#table.collect(this.#table.slotOf(this.#shift(list)));
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
      const row = this.#shift(list);
      if (this.#table.start(this.#table.slotOf(row))) batch.add(row, length);
      else this.#unwanted++;
    }
  }

  #shift(list: number): number {
    const row = this.#heads[list] as number;
    this.#heads[list] = this.#next[row] as number;
    this.#counts[list] = (this.#counts[list] as number) - 1;
    this.#queued--;
    this.#queuedTokens -= list % this.#lists;
    return row;
  }

  #takenAt(row: number): number {
    return this.#table.takenAt[this.#table.slotOf(row)] as number;
  }

  /** Rows of partitions that were given back, and of texts that have failed, are taken out when they are reached. */
  #discardUnwanted(): void {
    for (let list = 0; list < this.#heads.length; list++) {
      for (;;) {
        const head = this.#heads[list] as number;
        if (head === -1 || !this.#table.collect(this.#table.slotOf(head))) break;
        this.#shift(list);
        this.#unwanted++;
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
      const at = this.#takenAt(head) + delay;
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
