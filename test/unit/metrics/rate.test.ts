import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Rate } from '../../../src/metrics/rate.ts';

function clocked(windowMs: number): { rate: Rate; at: (ms: number, total?: number) => number } {
  let now = 0;
  const rate = new Rate({ windowMs, now: () => now });
  const at = (ms: number, total?: number): number => {
    now = ms;
    if (total !== undefined) rate.observe(total);
    return rate.perSecond;
  };
  return { rate, at };
}

test('nothing and a single observation give 0', () => {
  const { at } = clocked(5000);
  assert.equal(at(0), 0);
  assert.equal(at(100, 50), 0);
});

test('a steady counter gives its rate, from the second observation on', () => {
  const { at } = clocked(5000);
  at(0, 0);
  for (let second = 1; second <= 20; second++) assert.equal(at(second * 1000, second * 300), 300);
});

test('only the window counts: a burst before it is forgotten', () => {
  const { at } = clocked(5000);
  at(0, 0);
  at(1000, 100_000);
  for (let second = 2; second < 6; second++) assert.ok(at(second * 1000, 100_000) > 0);
  assert.equal(at(6000, 100_000), 0);
});

test('unevenly spaced observations are weighted by time', () => {
  const { at } = clocked(5000);
  at(0, 0);
  at(10, 5);
  assert.equal(at(4000, 400), 100);
});

test('the rate falls to 0 when nobody observes any more', () => {
  const { at } = clocked(5000);
  at(0, 0);
  at(1000, 500);
  assert.equal(at(3000), 500);
  assert.equal(at(6000), 0);
});

test('reading does not change the rate', () => {
  const { rate, at } = clocked(5000);
  at(0, 0);
  at(2000, 200);
  assert.deepEqual([rate.perSecond, rate.perSecond, rate.perSecond], [100, 100, 100]);
});

test('a counter that starts again gives 0 and never a negative rate', () => {
  const { at } = clocked(5000);
  at(0, 1000);
  assert.equal(at(1000, 10), 0);
});
