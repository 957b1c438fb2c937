export interface IdWindowOptions {
  /** Maximum number of ids remembered (`dedup_window`). */
  readonly capacity: number;
  /** An id is forgotten after this many seconds (`dedup_ttl_s`). */
  readonly ttlS: number;
}

const EMPTY = -1;

/**
 * The most recent ids, for `dedup: id`: a ring of entries in order of arrival and an open-addressing table over it,
 * about 32 bytes per id, allocated once. Ids are compared by a 64-bit hash; among a million different ids, the
 * probability of a collision is 3 in 100 million.
 *
 * Each entry records which record brought the id, so the same record, read again after a rebalance or a restart of
 * its partition, is not mistaken for a duplicate of itself.
 */
export class IdWindow {
  readonly #options: IdWindowOptions;
  readonly #low: Uint32Array;
  readonly #high: Uint32Array;
  readonly #source: Int32Array;
  readonly #offset: Float64Array;
  readonly #seenAtS: Uint32Array;
  /** Ring position of the id that hashes here, by linear probing. */
  readonly #table: Int32Array;
  readonly #sources = new Map<string, number[]>();
  /** Of logs that are gone. */
  readonly #forgotten = new Set<number>();
  #sourceCount = 0;
  #first = 0;
  #count = 0;

  constructor(options: IdWindowOptions) {
    const { capacity } = options;
    this.#options = options;
    this.#low = new Uint32Array(capacity);
    this.#high = new Uint32Array(capacity);
    this.#source = new Int32Array(capacity);
    this.#offset = new Float64Array(capacity);
    this.#seenAtS = new Uint32Array(capacity);
    this.#table = new Int32Array(2 ** Math.ceil(Math.log2(capacity * 1.5))).fill(EMPTY);
  }

  get size(): number {
    return this.#count;
  }

  /** Bytes allocated, regardless of the number of ids. */
  get bytes(): number {
    return this.#options.capacity * 24 + this.#table.byteLength;
  }

  /**
   * True if another record brought this id before, within the window and time to live; otherwise remembers it.
   *
   * @param topic, partition, offset where the record is
   * @param nowS seconds of any monotonic clock
   */
  isDuplicate(
    low: number,
    high: number,
    topic: string,
    partition: number,
    offset: number,
    nowS: number,
  ): boolean {
    const source = this.#sourceOf(topic, partition);
    while (this.#count > 0 && (this.#seenAtS[this.#first] as number) + this.#options.ttlS <= nowS)
      this.#forgetFirst();
    const place = this.#find(low, high);
    const entry = this.#table[place] as number;
    if (entry !== EMPTY && this.#forgotten.has(this.#source[entry] as number)) {
      this.#source[entry] = source;
      this.#offset[entry] = offset;
      return false;
    }
    if (entry !== EMPTY) return this.#source[entry] !== source || this.#offset[entry] !== offset;
    if (this.#count === this.#options.capacity) this.#forgetFirst();
    this.#remember(low, high, source, offset, nowS);
    return false;
  }

  /** The partition has another log: nobody has read its records, whatever ids they bring. */
  forget(topic: string, partition: number): void {
    const partitions = this.#sources.get(topic);
    const source = partitions?.[partition];
    if (partitions === undefined || source === undefined) return;
    this.#forgotten.add(source);
    delete partitions[partition];
  }

  /** A small number for each partition that an id ever came from. */
  #sourceOf(topic: string, partition: number): number {
    let partitions = this.#sources.get(topic);
    if (partitions === undefined) {
      partitions = [];
      this.#sources.set(topic, partitions);
    }
    partitions[partition] ??= this.#sourceCount++;
    return partitions[partition] as number;
  }

  #remember(low: number, high: number, source: number, offset: number, nowS: number): void {
    const entry = (this.#first + this.#count++) % this.#options.capacity;
    this.#low[entry] = low;
    this.#high[entry] = high;
    this.#source[entry] = source;
    this.#offset[entry] = offset;
    this.#seenAtS[entry] = nowS;
    this.#table[this.#find(low, high)] = entry; // looked up again: forgetting may have moved entries
  }

  #home(low: number): number {
    return low & (this.#table.length - 1);
  }

  /** Position of the id in the table, or the free position where it would go. */
  #find(low: number, high: number): number {
    const mask = this.#table.length - 1;
    for (let place = this.#home(low); ; place = (place + 1) & mask) {
      const entry = this.#table[place] as number;
      if (entry === EMPTY || (this.#low[entry] === low && this.#high[entry] === high)) return place;
    }
  }

  /** Removes the oldest entry and closes the gap that it leaves in its probe sequence. */
  #forgetFirst(): void {
    const mask = this.#table.length - 1;
    let hole = this.#find(this.#low[this.#first] as number, this.#high[this.#first] as number);
    for (let place = (hole + 1) & mask; this.#table[place] !== EMPTY; place = (place + 1) & mask) {
      const entry = this.#table[place] as number;
      const home = this.#home(this.#low[entry] as number);
      if (((place - home) & mask) < ((place - hole) & mask)) continue; // it must not move before its home
      this.#table[hole] = entry;
      hole = place;
    }
    this.#table[hole] = EMPTY;
    this.#first = (this.#first + 1) % this.#options.capacity;
    this.#count--;
  }
}
