/**
 * Random choices that are the same for a seed on every machine. They use integer arithmetic only, except for the skewed
 * pick, whose rounding to an index hides the last bit of `Math.pow`.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number) {
    this.#a = seed | 0;
    this.#b = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) | 0;
    this.#c = 0x2545f491;
    // Similar seeds must not give similar streams.
    for (let i = 0; i < 12; i++) this.next();
  }

  /** 0 ≤ x < 1, 32 bits. The sfc32 generator of Chris Doty-Humphrey (PractRand). */
  next(): number {
    const sum = (this.#a + this.#b + this.#counter++) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    return (sum >>> 0) / 4294967296;
  }

  /** An integer from `low` to `high`, inclusive. */
  between(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.next() * items.length)] as T;
  }

  /**
   * Prefers the front of the list: item `k` has a probability of about 1 / (k + `flatness`), Mandelbrot's form of
   * Zipf's law, by inverting its continuous distribution.
   */
  word(items: readonly string[], flatness = 6): string {
    const index = flatness * ((1 + items.length / flatness) ** this.next() - 1);
    return items[Math.min(items.length - 1, Math.floor(index))] as string;
  }
}
