/** Batches of nearly the same size: each class is wider by the square root of 2. */
const CLASSES_PER_DOUBLING = 2;
const CLASSES = 64;
/** Older than this, a batch says little about the load of the machine now. */
const AGE_MS_MAX = 10_000;
/** Of the last ratio in the mean that is shown. */
const WEIGHT = 0.02;

/**
 * Compares how long two models take: each batch of the new one with the last batch of the old one that had about as
 * many tokens, padding included. Only batches of one size tell anything, since a small one takes longer for each token;
 * and only those of the same seconds, since they share the processors. Each batch is used once.
 */
export class BatchPairs {
  readonly #oldMs = new Float64Array(CLASSES);
  readonly #oldAt = new Float64Array(CLASSES).fill(Number.NEGATIVE_INFINITY);
  #logRatio: number | undefined;

  /** For how many times as long the new one works; the mean of the last fifty pairs or so. */
  get ratio(): number | undefined {
    return this.#logRatio === undefined ? undefined : Math.exp(this.#logRatio);
  }

  addOld(tokens: number, ms: number, nowMs: number): void {
    const size = sizeOf(tokens);
    this.#oldMs[size] = ms;
    this.#oldAt[size] = nowMs;
  }

  /** The ratio of this pair; undefined if there is nothing to compare the batch with. */
  addNew(tokens: number, ms: number, nowMs: number): number | undefined {
    const size = sizeOf(tokens);
    const [oldMs, oldAt] = [this.#oldMs[size] as number, this.#oldAt[size] as number];
    if (nowMs - oldAt > AGE_MS_MAX || !(oldMs > 0 && ms > 0)) return undefined;
    this.#oldAt[size] = Number.NEGATIVE_INFINITY;
    const log = Math.log(ms / oldMs);
    this.#logRatio = this.#logRatio === undefined ? log : this.#logRatio + WEIGHT * (log - this.#logRatio);
    return ms / oldMs;
  }
}

function sizeOf(tokens: number): number {
  return Math.min(CLASSES - 1, Math.floor(CLASSES_PER_DOUBLING * Math.log2(Math.max(1, tokens))));
}
