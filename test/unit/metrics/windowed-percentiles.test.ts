import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WindowedPercentiles } from '../../../src/metrics/windowed-percentiles.ts';
import { Histogram } from '../../../src/metrics/histogram.ts';

test('percentiles cover the window, not the whole histogram', () => {
  const histogram = new Histogram();
  histogram.record(1_000, 1_000);
  const window = new WindowedPercentiles(histogram, 2);
  histogram.record(10, 99);
  histogram.record(50, 1);
  const first = window.advance();
  assert.equal(first.count, 100);
  assert.ok(Math.abs(first.p50 / 10 - 1) < 0.1, String(first.p50));
  assert.ok(Math.abs(first.mean - 10.4) < 0.01);
  window.advance();
  assert.deepEqual(
    window.advance(),
    { count: 0, mean: 0, p50: 0, p95: 0, p99: 0 },
    'the values have left the window',
  );
});
