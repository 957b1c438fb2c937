import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../src/corpus/random.ts';
import { chart } from '../../soak/chart.ts';
import { trendOf } from '../../soak/trend.ts';

const seconds = Array.from({ length: 360 }, (_, i) => i * 5);
/** Half an hour of samples around 200 with some noise, growing by so much an hour. */
function samples(growthPerHour: number): number[] {
  const random = new Random(3);
  return seconds.map((second) => 200 + (growthPerHour * second) / 3600 + 4 * (random.next() - 0.5));
}

test('noise is no growth', () => {
  const trend = trendOf(seconds, samples(0));
  assert.ok(trend.isFlat);
  assert.ok(Math.abs(trend.mean - 200) < 1);
});

test('a leak is found in the noise, as large as it is', () => {
  const trend = trendOf(seconds, samples(40));
  assert.ok(!trend.isFlat);
  assert.ok(Math.abs(trend.slopePerHour - 40) < trend.noisePerHour + 1);
});

test('what happens while it warms up does not count, nor does less than a percent an hour', () => {
  const warm = samples(0).map((value, i) => (i < 60 ? value / 2 : value));
  assert.ok(trendOf(seconds, warm).isFlat);
  assert.ok(
    trendOf(
      seconds,
      seconds.map((second) => 1_000 + second / 3600),
    ).isFlat,
  );
});

test('the picture has a line for each quantity', () => {
  const svg = chart(30, [
    { title: 'a', values: [1, 2, 3], note: 'n' },
    { title: 'b', values: [0, 0, 0], note: 'n' },
  ]);
  assert.equal(svg.match(/<polyline/g)?.length, 2);
  assert.ok(!svg.includes('NaN'));
});
