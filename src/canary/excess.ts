/** How far above the limit a share may be for one of the sums to notice it soonest. */
const factors = [1.25, 2, 5] as const;
/** But no closer to 1 than this part of the way from the limit. */
const WAY_MAX = 0.8;
/** A limit of 0 could be exceeded by a single text. */
const LIMIT_MIN = 0.001;
/** Log of how improbable chance must have become. */
const CERTAINTY = Math.log(1e10);

/**
 * Notices that a share is above `limit`, one observation after the other: a CUSUM for each of three larger shares. Each
 * adds up how much better that share explains what was seen than the limit does, never below 0, so that what begins
 * late is noticed as soon as what was there from the start.
 *
 * While the share is at the limit, the chance of a false alarm within n independent observations is at most
 * 3 × n / 10^10; below it, far less. No alarm is possible with fewer than 15 bad observations (for limits up to 0.15).
 */
export class Excess {
  readonly #steps: readonly { readonly bad: number; readonly good: number }[];
  readonly #sums: Float64Array;
  #isCertain = false;

  /** 1: never. */
  constructor(limit: number) {
    const p = Math.max(LIMIT_MIN, limit);
    const shares = p >= 1 ? [] : factors.map((factor) => Math.min(p * factor, p + (1 - p) * WAY_MAX));
    this.#steps = shares.map((share) => ({
      bad: Math.log(share / p),
      good: Math.log((1 - share) / (1 - p)),
    }));
    this.#sums = new Float64Array(shares.length);
  }

  /** Whether it has been noticed; it stays so. */
  get isCertain(): boolean {
    return this.#isCertain;
  }

  add(isBad: boolean, observations = 1): void {
    for (const [i, { bad, good }] of this.#steps.entries()) {
      const sum = (this.#sums[i] as number) + observations * (isBad ? bad : good);
      this.#sums[i] = Math.max(0, sum);
      if (sum >= CERTAINTY) this.#isCertain = true;
    }
  }
}
