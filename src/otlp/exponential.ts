import { Histogram } from '../metrics/histogram.ts';

/** Eight buckets for each doubling: each is 9 % wider than the one before. */
const SCALE = 3;
const PER_DOUBLING = 2 ** SCALE;

/**
 * What an exponential histogram of OTLP has in place of explicit bounds. A number is counted in the bucket in which the
 * middle of our own one lies, which is at most 1/64 away from it. `divisor`: how many of our units make one of those of
 * the metric.
 */
export function exponentialBuckets(histogram: Histogram, divisor: number): object {
  const counts = new Map<number, number>();
  let zeroCount = 0;
  for (const [value, count] of histogram.buckets()) {
    if (value === 0) {
      zeroCount = count;
      continue;
    }
    const index = Math.ceil(Math.log2(value / divisor) * PER_DOUBLING) - 1;
    counts.set(index, (counts.get(index) ?? 0) + count);
  }
  const indexes = [...counts.keys()];
  const offset = counts.size === 0 ? 0 : Math.min(...indexes);
  const length = counts.size === 0 ? 0 : Math.max(...indexes) - offset + 1;
  return {
    scale: SCALE,
    zeroCount: String(zeroCount),
    zeroThreshold: Histogram.smallest / divisor,
    positive: {
      offset,
      bucketCounts: Array.from({ length }, (_, i) => String(counts.get(offset + i) ?? 0)),
    },
  };
}
