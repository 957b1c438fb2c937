/** How the page keeps what its charts show. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { root } from '../../../helpers/paths.ts';

interface Columns {
  at: number[];
  throughput: (number | null)[];
  lag: (number | null)[];
}
interface History {
  readonly columns: Columns;
  copy(): Columns;
  add(sample: { at: number; throughput: number; lag?: number }): void;
  merge(columns: Columns): void;
}
const { History } = (await import(pathToFileURL(join(root, 'src/http/page/history.js')).href)) as {
  History: new () => History;
};

const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);

function historyOf(times: readonly number[]): History {
  const history = new History();
  for (const at of times) history.add({ at, throughput: at });
  return history;
}

/** What the service has kept: its throughput is negative. */
const kept = (times: readonly number[]): Columns => ({
  at: [...times],
  throughput: times.map((at) => -at),
  lag: times.map(() => 0),
});

test('a second that is missing is no gap, more of them are', () => {
  const { at, throughput } = historyOf([1, 2, 4.5, 6, 60, 61]).columns;
  assert.deepEqual(at, [1, 2, 4.5, 6, 7, 60, 61]);
  assert.deepEqual(throughput, [1, 2, 4.5, 6, null, 60, 61]);
});

test('an hour is kept', () => {
  const { at, throughput, lag } = historyOf(range(0, 5_000)).columns;
  assert.deepEqual([at.length, throughput.length, lag.length], [3_600, 3_600, 3_600]);
  assert.equal(at[0], 1_400);
  assert.deepEqual(historyOf([...range(0, 100), 8_000]).columns.at, [8_000], 'and no gap at its beginning');
});

test('times only go up when the clock of the service is put back', () => {
  const history = historyOf([...range(1_000, 10), 1_004.5, 1_005.5]);
  assert.deepEqual(history.columns.at, [1_000, 1_001, 1_002, 1_003, 1_004, 1_004.5, 1_005.5]);
  history.add({ at: 5, throughput: 5 });
  assert.deepEqual(history.columns.at, [5]);
});

test('what the service has kept takes its place between what the page saw before and since', () => {
  const history = historyOf([...range(100, 5), 200, 201]);
  history.merge(kept(range(150, 50)));
  const { at, throughput } = history.columns;
  assert.deepEqual(at, [...range(100, 5), 105, ...range(150, 50), 200, 201]);
  assert.deepEqual(throughput.slice(4, 7), [104, null, -150]);
  assert.deepEqual(throughput.slice(-3), [-199, 200, 201]);
  history.merge(kept(range(150, 52)));
  assert.deepEqual([history.columns.at.length, history.columns.throughput.at(-1)], [58, -201]);
  history.merge(kept([]));
  assert.equal(history.columns.at.length, 58);
});

test('a gap in what the service has kept is one on the page', () => {
  const history = new History();
  history.merge(kept([10, 11, 400, 401]));
  assert.deepEqual(history.columns.at, [10, 11, 12, 400, 401]);
  assert.deepEqual(history.columns.throughput, [-10, -11, null, -400, -401]);
});

test('a copy stands still', () => {
  const history = historyOf([1, 2]);
  const copy = history.copy();
  history.add({ at: 3, throughput: 3 });
  assert.deepEqual(
    [copy.at, history.columns.at],
    [
      [1, 2],
      [1, 2, 3],
    ],
  );
});
