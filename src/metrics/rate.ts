interface Sample {
  readonly atMs: number;
  readonly total: number;
}

/**
 * How fast a counter grows, over a sliding window. Somebody with a timer calls `observe` about once a
 * second; reading changes nothing, so any number of scrapers see the same rate.
 */
export class Rate {
  readonly #windowMs: number;
  readonly #now: () => number;
  /** Oldest first. The first one is the newest that is at least a window old: the start of the window. */
  #samples: Sample[] = [];

  constructor(options: { windowMs?: number; now?: () => number } = {}) {
    this.#windowMs = options.windowMs ?? 5000;
    this.#now = options.now ?? (() => performance.now());
  }

  observe(total: number): void {
    this.#samples.push({ atMs: this.#now(), total });
    this.#forget();
  }

  /** Growth per second over the window; 0 until two observations and when they stop coming. */
  get perSecond(): number {
    this.#forget();
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || last.atMs <= first.atMs) return 0;
    return (Math.max(0, last.total - first.total) * 1000) / (last.atMs - first.atMs);
  }

  #forget(): void {
    const start = this.#now() - this.#windowMs;
    let first = 0;
    while (first + 1 < this.#samples.length && (this.#samples[first + 1] as Sample).atMs <= start) first++;
    if (first > 0) this.#samples = this.#samples.slice(first);
  }
}
