import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HistogramBuilder } from '../../../src/dead-letters/histogram.ts';

test('bars are as narrow as there is room for, and count everything', () => {
  const builder = new HistogramBuilder(10);
  const start = Date.parse('2026-01-31T12:00:00Z');
  for (const second of [0, 0.5, 3, 9]) builder.add(start + 1_000 * second);
  assert.deepEqual(builder.build(), { start, stepMs: 1_000, counts: [2, 0, 0, 1, 0, 0, 0, 0, 0, 1] });
  builder.add(start + 10_000);
  assert.deepEqual(builder.build(), { start, stepMs: 5_000, counts: [3, 1, 1] });
  builder.add(start - 3_600_000);
  const { stepMs, counts, start: first } = builder.build();
  assert.deepEqual([stepMs, first, counts], [900_000, start - 3_600_000, [1, 0, 0, 0, 5]]);
});

test('however far apart the times are, there are no more bars', () => {
  const builder = new HistogramBuilder(10);
  for (const time of [0, 1_000, Number.MAX_SAFE_INTEGER, Date.parse('2026-01-31')]) builder.add(time);
  const { counts } = builder.build();
  assert.ok(counts.length <= 10);
  assert.equal(
    counts.reduce((sum, count) => sum + count, 0),
    4,
  );
});

test('times that nobody knows are left out', () => {
  const builder = new HistogramBuilder(10);
  builder.add(-1);
  assert.deepEqual(builder.build(), { start: undefined, stepMs: 1_000, counts: [] });
});
