import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FloodGuard } from '../../../src/session/flood-guard.ts';

/** A guard with a clock that the test sets, in seconds. */
function guardWith(ratioMax: number): { guard: FloodGuard; at: (second: number) => void } {
  let nowMs = 5_000_000;
  return {
    guard: new FloodGuard(
      () => ratioMax,
      () => nowMs,
    ),
    at: (second) => {
      nowMs = 5_000_000 + second * 1_000;
    },
  };
}

test('too large a share of the last minute is a flood', () => {
  const { guard, at } = guardWith(0.5);
  assert.equal(guard.add(100, 49), false);
  at(30);
  assert.equal(guard.add(100, 50), false);
  assert.equal(guard.add(1, 1), false, '100 of 201');
  assert.equal(guard.add(2, 2), true, '102 of 203');
});

test('a handful of messages says nothing', () => {
  const { guard } = guardWith(0.5);
  assert.equal(guard.add(99, 99), false);
  assert.equal(guard.add(1, 1), true);
});

test('what is older than a minute is forgotten', () => {
  const { guard, at } = guardWith(0.5);
  assert.equal(guard.add(1_000, 499), false);
  at(59);
  assert.equal(guard.add(100, 100), true, '599 of 1,100');
  const { guard: other, at: otherAt } = guardWith(0.5);
  assert.equal(other.add(1_000, 499), false);
  otherAt(60);
  assert.equal(other.add(100, 40), false, '40 of 100, not 539 of 1,100');
  otherAt(100_000);
  assert.equal(other.add(99, 99), false, 'everything before is forgotten');
});

test('good messages of the same minute outweigh bad ones', () => {
  const { guard, at } = guardWith(0.5);
  for (let second = 0; second < 60; second++) {
    at(second);
    assert.equal(guard.add(100, 40), false);
  }
  assert.equal(guard.add(400, 400), false, '2,800 of 6,400');
});

test('1 means: only when nothing else came; 0 means: never', () => {
  const { guard } = guardWith(1);
  assert.equal(guard.add(500, 499), false);
  const { guard: all } = guardWith(1);
  assert.equal(all.add(500, 500), true);
  const { guard: off } = guardWith(0);
  assert.equal(off.add(1_000, 1_000), false);
});
