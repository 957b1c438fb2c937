import type { LatencyHistogram } from '../../metrics/histogram.ts';

/** Upper ends of the steps in which a percentile is found: 8 for each doubling, 0.01 … 1,300,000 of the unit. */
const bounds = Array.from({ length: 8 * 27 }, (_, step) => 0.01 * 2 ** (step / 8));

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
 * What a histogram that only grows has recorded lately: the difference to how it was some looks ago. Percentiles
 * are off by at most a step of 9 %. Nothing is done for each number that is recorded.
 */
export class WindowedPercentiles {
  readonly #histogram: LatencyHistogram;
  readonly #looks: number;
  readonly #snapshots: Snapshot[] = [];

  /** The window reaches back `looks` calls of `look`. */
  constructor(histogram: LatencyHistogram, looks: number) {
    this.#histogram = histogram;
    this.#looks = looks;
    this.#snapshots.push(this.#snapshot());
  }

  look(): WindowSummary {
    const now = this.#snapshot();
    const before = this.#snapshots[0] as Snapshot;
    this.#snapshots.push(now);
    if (this.#snapshots.length > this.#looks) this.#snapshots.shift();
    const count = now.count - before.count;
    if (count <= 0) return { count: 0, mean: 0, p50: 0, p95: 0, p99: 0 };
    const percentile = (share: number): number => {
      const rank = Math.max(1, Math.ceil(share * count));
      const step = now.cumulative.findIndex((seen, i) => seen - (before.cumulative[i] as number) >= rank);
      return bounds[step === -1 ? bounds.length - 1 : step] as number;
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
