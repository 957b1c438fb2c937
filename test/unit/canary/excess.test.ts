import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Excess } from '../../../src/canary/excess.ts';
import { Random } from '../../../src/corpus/random.ts';

/** Observations until it is noticed that the share is `real`; at most `countMax`. */
function until(limit: number, real: number, countMax: number, seed: number): number {
  const excess = new Excess(limit);
  const random = new Random(seed);
  for (let i = 1; i <= countMax; i++) {
    excess.add(random.chance(real));
    if (excess.isCertain) return i;
  }
  return Number.POSITIVE_INFINITY;
}

/** The most of ten runs. */
function mostUntil(limit: number, real: number, countMax: number): number {
  return Math.max(...Array.from({ length: 10 }, (_, seed) => until(limit, real, countMax, seed)));
}

test('a few bad observations prove nothing, however bad they look', () => {
  for (const limit of [0, 0.01, 0.05, 0.1, 0.15]) {
    const excess = new Excess(limit);
    for (let i = 0; i < 14; i++) excess.add(true);
    assert.equal(excess.isCertain, false, `limit ${limit}`);
  }
  const half = new Excess(0.5);
  for (let i = 0; i < 39; i++) half.add(true);
  assert.equal(half.isCertain, false);
});

test('a share at the limit is none above it, in a million observations', () => {
  for (const limit of [0.01, 0.1, 0.5])
    for (let seed = 0; seed < 3; seed++)
      assert.equal(until(limit, limit, 1_000_000, seed), Number.POSITIVE_INFINITY, `limit ${limit}`);
});

test('a share above the limit is noticed, the sooner the farther it is', () => {
  for (const [limit, real, most] of [
    [0.01, 1, 15],
    [0.01, 0.05, 1_500],
    [0.1, 0.5, 100],
    [0.1, 0.2, 800],
    [0.1, 0.13, 8_000],
    [0.5, 1, 40],
    [0.5, 0.75, 350],
  ] as const)
    assert.ok(
      mostUntil(limit, real, 100_000) <= most,
      `${real} above ${limit}: ${mostUntil(limit, real, 1e5)}`,
    );
});

test('what begins late is noticed as soon as what was there from the start', () => {
  const excess = new Excess(0.01);
  excess.add(false, 10_000_000);
  for (let i = 0; i < 15; i++) excess.add(true);
  assert.equal(excess.isCertain, true);
});

test('it stays noticed, and a limit of 1 allows everything', () => {
  const excess = new Excess(0.1);
  for (let i = 0; i < 30; i++) excess.add(true);
  excess.add(false, 1_000_000);
  assert.equal(excess.isCertain, true);
  const any = new Excess(1);
  for (let i = 0; i < 1_000; i++) any.add(true);
  assert.equal(any.isCertain, false);
});
