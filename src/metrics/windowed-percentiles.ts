import type { Histogram } from './histogram.ts';

/** Upper bounds of the buckets that a percentile is read from: 8 per doubling, from 0.01 to 1,300,000 of the unit. */
const bounds = Array.from({ length: 8 * 27 }, (_, bucket) => 0.01 * 2 ** (bucket / 8));

export interface WindowSummary {
  readonly count: number;
  readonly mean: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

interface Snapshot {
  readonly count: number;
  readonly sum: number;
  readonly cumulative: readonly number[];
}

/**
 * Percentiles of what a cumulative histogram recorded recently, from the difference of two snapshots. They are off by
 * at most one bucket, 9 %. Recording a value costs nothing extra.
 */
export class WindowedPercentiles {
  readonly #histogram: Histogram;
  readonly #windowLength: number;
  readonly #snapshots: Snapshot[] = [];

  /** The window covers the last `windowLength` calls of `advance`. */
  constructor(histogram: Histogram, windowLength: number) {
    this.#histogram = histogram;
    this.#windowLength = windowLength;
    this.#snapshots.push(this.#snapshot());
  }

  /** Moves the window on to now and summarizes it. */
  advance(): WindowSummary {
    const now = this.#snapshot();
    const before = this.#snapshots[0] as Snapshot;
    this.#snapshots.push(now);
    if (this.#snapshots.length > this.#windowLength) this.#snapshots.shift();
    const count = now.count - before.count;
    if (count <= 0) return { count: 0, mean: 0, p50: 0, p95: 0, p99: 0 };
    const percentile = (share: number): number => {
      const rank = Math.max(1, Math.ceil(share * count));
      const bucket = now.cumulative.findIndex((seen, i) => seen - (before.cumulative[i] as number) >= rank);
      return bounds[bucket === -1 ? bounds.length - 1 : bucket] as number;
    };
    return {
      count,
      mean: (now.sum - before.sum) / count,
      p50: percentile(0.5),
      p95: percentile(0.95),
      p99: percentile(0.99),
    };
  }

  #snapshot(): Snapshot {
    const { count, sum } = this.#histogram;
    return { count, sum, cumulative: this.#histogram.cumulativeCounts(bounds) };
  }
}
