import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  historyColumns,
  type HistoryRow,
  KEPT_SECONDS,
  LiveHistory,
} from '../../../../src/http/live/live-history.ts';

const row = (throughput: number | null): HistoryRow => [
  throughput,
  ...historyColumns.slice(1).map(() => null),
];

/** A history with a sample at each of `times`, whose throughput is its number. */
function historyOf(times: readonly number[]): LiveHistory {
  const history = new LiveHistory();
  for (const [i, at] of times.entries()) history.add(at, row(i));
  return history;
}

const range = (from: number, count: number, step = 1): number[] =>
  Array.from({ length: count }, (_, i) => from + step * i);

test('an empty history has all columns, and takes the memory of a full one', () => {
  const history = new LiveHistory();
  assert.deepEqual(Object.keys(history.columns()), ['at', ...historyColumns]);
  assert.ok(Object.values(history.columns()).every(({ length }) => length === 0));
  assert.equal(history.bytes, 144_000);
});

test('an hour is kept, oldest first, however long the service runs', () => {
  const history = historyOf(range(1_000, 2 * KEPT_SECONDS + 17));
  const { at, throughput } = history.columns();
  assert.equal(at.length, KEPT_SECONDS);
  assert.deepEqual([at[0], at.at(-1)], [1_000 + KEPT_SECONDS + 17, 1_000 + 2 * KEPT_SECONDS + 16]);
  assert.deepEqual([throughput[0], throughput.at(-1)], [KEPT_SECONDS + 17, 2 * KEPT_SECONDS + 16]);
  assert.ok(at.every((time, i) => i === 0 || time > (at[i - 1] as number)));
  assert.equal(history.bytes, 144_000);
});

test('a machine that was asleep leaves a gap, and what is older than an hour ends', () => {
  const short = historyOf([...range(0, 100), ...range(1_000, 10)]).columns();
  assert.equal(short.at.length, 110);
  assert.deepEqual(short.at.slice(99, 101), [99, 1_000]);
  const long = historyOf([...range(0, 100), ...range(2 * KEPT_SECONDS, 10)]).columns();
  assert.deepEqual(long.at, range(2 * KEPT_SECONDS, 10));
  const between = historyOf([...range(0, 100), KEPT_SECONDS + 50]).columns();
  assert.deepEqual([between.at[0], between.at.length], [51, 50]);
});

test('times only go up when the clock is put back', () => {
  const history = historyOf([...range(5_000, 100), 5_050.5]);
  const { at, throughput } = history.columns();
  assert.deepEqual([at.length, at[50], at[51]], [52, 5_050, 5_050.5]);
  assert.deepEqual(throughput.slice(49), [49, 50, 100]);
  history.add(1, row(7));
  assert.deepEqual([history.columns().at, history.columns().throughput], [[1], [7]]);
  history.add(1, row(8));
  assert.deepEqual(history.columns().throughput, [8], 'the same time twice');
});

test('the clock is put back in a ring that is full and has wrapped', () => {
  const history = historyOf(range(0, KEPT_SECONDS + 10));
  history.add(KEPT_SECONDS - 10, row(-1));
  const { at, throughput } = history.columns();
  assert.deepEqual(at.slice(-2), [KEPT_SECONDS - 11, KEPT_SECONDS - 10]);
  assert.deepEqual([throughput.at(-1), at[0], at.length], [-1, 10, KEPT_SECONDS - 19]);
  for (const time of range(KEPT_SECONDS - 9, KEPT_SECONDS)) history.add(time, row(time));
  assert.deepEqual(history.columns().at, range(KEPT_SECONDS - 9, KEPT_SECONDS));
});

test('what was not measured is null, and numbers have as many digits as are shown', () => {
  const history = new LiveHistory();
  history.add(1.234, [1.2345, 45.6789, 123_456.7, 999.94, null, 0, Number.NaN, 16_777_216]);
  const { at, ...columns } = history.columns();
  assert.deepEqual(at, [1.234]);
  assert.deepEqual(Object.values(columns).flat(), [1.23, 45.7, 123_457, 999.9, null, 0, null, 16_777_216]);
});
