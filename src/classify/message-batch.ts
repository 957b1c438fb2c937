export interface BatchLimits {
  /** Maximum number of rows. */
  readonly rowsMax: number;
  /** Maximum number of padded tokens: rows × length of the longest row. */
  readonly tokensMax: number;
  /** Every row is filled up to this many tokens, for a model that takes no other length. */
  readonly widthFixed?: number | undefined;
  /** Only rows of one length go together, for a model that padding confuses. */
  readonly equalLengths?: boolean | undefined;
}

/**
 * Rows that go through the model together. With padding the cost depends on the rectangle, not on the sum of the
 * lengths, so the rectangle is what is limited.
 */
export class MessageBatch {
  /** Slot (or any number the caller uses) of each row; valid up to `count`. */
  readonly slots: Int32Array;
  readonly #limits: BatchLimits;
  #count = 0;
  #width = 0;
  #tokens = 0;

  constructor(limits: BatchLimits) {
    this.#limits = limits;
    this.slots = new Int32Array(limits.rowsMax);
    this.#width = limits.widthFixed ?? 0;
  }

  get count(): number {
    return this.#count;
  }

  /** Number of tokens in the longest row, padding included. */
  get width(): number {
    return this.#width;
  }

  /** Tokens without padding. */
  get tokens(): number {
    return this.#tokens;
  }

  /** Tokens the model computes: rows × width. */
  get paddedTokens(): number {
    return this.#count * this.#width;
  }

  /** Whether a row of `length` tokens can be added. The first row always can. */
  fits(length: number): boolean {
    if (this.#count === 0) return true;
    if (this.#limits.equalLengths === true && length !== this.#width) return false;
    const width = Math.max(this.#width, length);
    return this.#count < this.#limits.rowsMax && (this.#count + 1) * width <= this.#limits.tokensMax;
  }

  /** Adds a row, or returns false when it does not fit. */
  add(slot: number, length: number): boolean {
    if (!this.fits(length)) return false;
    this.slots[this.#count++] = slot;
    this.#tokens += length;
    if (length > this.#width) this.#width = length;
    return true;
  }

  /** Padded tokens / real tokens if a row of `length` were added; 1 means no padding. */
  paddingWith(length: number): number {
    if (this.#limits.widthFixed !== undefined) return 1; // it cannot be avoided
    const width = Math.max(this.#width, length);
    return ((this.#count + 1) * width) / (this.#tokens + length);
  }

  /** Two halves, to find the row that makes a batch fail. `lengthOf` returns the number of tokens of a slot. */
  halves(lengthOf: (slot: number) => number): [MessageBatch, MessageBatch] {
    const first = new MessageBatch(this.#limits);
    const second = new MessageBatch(this.#limits);
    const middle = this.#count >> 1;
    for (let i = 0; i < this.#count; i++) {
      const slot = this.slots[i] as number;
      (i < middle ? first : second).add(slot, lengthOf(slot));
    }
    return [first, second];
  }
}
