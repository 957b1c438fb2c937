import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Histogram } from '../../../src/metrics/histogram.ts';

/** Half of the widest bucket, relative to its lower end, and a little for rounding. */
const relativeErrorMax = 1 / 64 + 1e-9;

const inRange = fc.double({ min: 0.001, max: 999_999, noNaN: true });
const percents = [0, 1, 25, 50, 90, 95, 99, 99.9, 100];

function filled(values: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

function exactPercentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil((percent / 100) * sorted.length)) - 1] as number;
}

test('percentiles are within 1.6 % of the exact nearest-rank percentiles', () => {
  fc.assert(
    fc.property(fc.array(inRange, { minLength: 1, maxLength: 200 }), (values) => {
      const histogram = filled(values);
      for (const percent of percents) {
        const exact = exactPercentile(values, percent);
        const error = Math.abs(histogram.percentile(percent) - exact) / exact;
        assert.ok(error <= relativeErrorMax, `p${percent} is off by ${error}`);
      }
    }),
  );
});

test('every magnitude from a microsecond to a thousand seconds has the same precision', () => {
  for (let value = 0.001; value < 1_000_000; value *= 1.01) {
    const histogram = filled([value / 10, value, value * 1.5]);
    assert.ok(Math.abs(histogram.percentile(50) - value) / value <= relativeErrorMax, `at ${value}`);
  }
});

test('count, sum, mean, minimum and maximum are exact', () => {
  const histogram = filled([4, 1, 2.5]);
  assert.deepEqual(
    [histogram.count, histogram.sum, histogram.mean, histogram.min, histogram.max],
    [3, 7.5, 2.5, 1, 4],
  );
});

test('an empty histogram answers 0 to everything', () => {
  const histogram = new Histogram();
  const { count, sum, mean, min, max } = histogram;
  assert.deepEqual([count, sum, mean, min, max, histogram.percentile(99)], [0, 0, 0, 0, 0, 0]);
  assert.deepEqual(histogram.cumulativeCounts([1, 10]), [0, 0]);
});

test('numbers outside the range are counted at its ends, broken ones as 0', () => {
  const histogram = filled([Number.NaN, -5, 0, 1e-9, 1e12]);
  assert.equal(histogram.count, 5);
  assert.equal(histogram.sum, 1e12 + 1e-9);
  assert.equal(histogram.min, 0);
  assert.equal(histogram.percentile(50), 0.001 * (1 + 1 / 64));
  assert.equal(histogram.cumulativeCounts([0.001])[0], 4);
  assert.ok(histogram.percentile(100) > 1_000_000);
});

test('a count of n is the same as recording n times, and a count of 0 is nothing', () => {
  const counted = new Histogram();
  counted.record(3, 4);
  counted.record(900, 0);
  const repeated = filled([3, 3, 3, 3]);
  assert.equal(counted.count, repeated.count);
  assert.equal(counted.sum, repeated.sum);
  assert.equal(counted.max, 3);
  assert.equal(counted.percentile(100), repeated.percentile(100));
});

test('recordAll takes the first numbers of a column and nothing behind them', () => {
  const histogram = new Histogram();
  histogram.recordAll(Float64Array.of(1, 2, 3, 1000), 3);
  assert.deepEqual([histogram.count, histogram.sum, histogram.max], [3, 6, 3]);
});

test('merging gives the histogram of all numbers', () => {
  const values = fc.array(inRange, { maxLength: 50 });
  fc.assert(
    fc.property(values, values, (a, b) => {
      const merged = filled(a);
      merged.merge(filled(b));
      const all = filled([...a, ...b]);
      assert.equal(merged.count, all.count);
      assert.ok(Math.abs(merged.sum - all.sum) <= all.sum * 1e-12);
      assert.deepEqual([merged.min, merged.max], [all.min, all.max]);
      for (const percent of percents) assert.equal(merged.percentile(percent), all.percentile(percent));
    }),
  );
});

test('reset forgets everything', () => {
  const histogram = filled([5, 6]);
  histogram.reset();
  assert.deepEqual([histogram.count, histogram.sum, histogram.min, histogram.max], [0, 0, 0, 0]);
  histogram.record(1);
  assert.equal(histogram.percentile(100), 1);
});

test('cumulative counts hold everything at most the bound and nothing 3.2 % above it', () => {
  const bounds = [0.5, 1, 2.5, 5, 10, 25, 100, 1000, 60_000];
  fc.assert(
    fc.property(fc.array(fc.oneof(inRange, fc.constantFrom(...bounds)), { maxLength: 100 }), (values) => {
      const counts = filled(values).cumulativeCounts(bounds);
      bounds.forEach((bound, i) => {
        const below = values.filter((value) => value <= bound).length;
        const belowAndNear = values.filter((value) => value <= bound * 1.032).length;
        assert.ok((counts[i] as number) >= below && (counts[i] as number) <= belowAndNear);
        assert.ok(i === 0 || (counts[i] as number) >= (counts[i - 1] as number));
      });
    }),
  );
});

test('row counts up to 64 fall exactly on the bounds of a batch histogram', () => {
  for (const bound of [1, 2, 4, 8, 16, 32, 64]) {
    assert.deepEqual(filled([bound, bound + 1]).cumulativeCounts([bound]), [1]);
  }
});
