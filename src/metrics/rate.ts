interface Sample {
  readonly atMs: number;
  readonly total: number;
}

/**
 * How fast a counter grows, over a sliding window. A timer calls `observe` about once a second; reading changes
 * nothing, so any number of scrapers see the same rate.
 */
export class Rate {
  readonly #windowMs: number;
  readonly #now: () => number;
  /** Oldest first, starting with the newest that is at least a window old. */
  #samples: Sample[] = [];

  constructor(options: { windowMs?: number; now?: () => number } = {}) {
    this.#windowMs = options.windowMs ?? 5000;
    this.#now = options.now ?? (() => performance.now());
  }

  observe(total: number): void {
    this.#samples.push({ atMs: this.#now(), total });
    this.#samples = this.#samples.slice(this.#windowStart());
  }

  /** Growth per second over the window; 0 before the second observation and when observations stop. */
  get perSecond(): number {
    const first = this.#samples[this.#windowStart()];
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || last.atMs <= first.atMs) return 0;
    return (Math.max(0, last.total - first.total) * 1000) / (last.atMs - first.atMs);
  }

  /** Index of the newest sample that is at least a window old; 0 if there is none. */
  #windowStart(): number {
    const startMs = this.#now() - this.#windowMs;
    return Math.max(
      0,
      this.#samples.findLastIndex(({ atMs }) => atMs <= startMs),
    );
  }
}
