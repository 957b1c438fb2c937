/** Intervals of shares and of differences, against what they mean: likelihoods by brute force, and every outcome. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differenceEstimate, scoreOf, shareEstimate } from '../../../src/diagnose/paired-interval.ts';

test('a share: the limits are where the score test turns', () => {
  for (const [count, total] of [
    [0, 10],
    [3, 10],
    [10, 10],
    [7, 800],
  ] as const) {
    const { value, low, high } = shareEstimate(count, total);
    assert.equal(value, count / total);
    for (const limit of [low, high]) {
      if (limit <= 0 || limit >= 1) continue;
      const z = (count - total * limit) / Math.sqrt(total * limit * (1 - limit));
      assert.ok(Math.abs(Math.abs(z) - 1.959964) < 1e-6, `${count} of ${total}: ${z}`);
    }
  }
});

test('a difference: the share behind the test is the likeliest one, found by trying them all', () => {
  const total = 60;
  for (const [better, worse] of [
    [0, 0],
    [4, 0],
    [0, 4],
    [9, 3],
    [3, 9],
    [20, 20],
  ] as const) {
    for (const difference of [-0.3, -0.05, 0.01, 0.1, 0.4]) {
      let likeliest = Number.NEGATIVE_INFINITY;
      let share = 0;
      const least = Math.max(0, -difference);
      const most = (1 - difference) / 2;
      for (let step = 0; step <= 100_000; step++) {
        const tried = least + ((most - least) * step) / 100_000;
        const rest = Math.max(0, 1 - 2 * tried - difference);
        const likelihood =
          logOf(better, tried + difference) + logOf(worse, tried) + logOf(total - better - worse, rest);
        if (likelihood > likeliest) [likeliest, share] = [likelihood, tried];
      }
      const variance = total * (2 * share + difference - difference * difference);
      const expected = (better - worse - total * difference) / Math.sqrt(variance);
      const found = scoreOf(difference, better, worse, total);
      assert.ok(
        Math.abs(found - expected) < 2e-3 * Math.max(1, Math.abs(expected)),
        `${better} ${worse} ${difference}`,
      );
    }
  }
});

/** `count` × log of `share`, where nothing of an impossible thing is certain. */
function logOf(count: number, share: number): number {
  return count === 0 ? 0 : count * Math.log(share);
}

test('a difference: over every outcome of 40 texts, the interval holds the truth about as often as it says', () => {
  const total = 40;
  const factorials = [0];
  for (let i = 1; i <= total; i++) factorials.push((factorials[i - 1] as number) + Math.log(i));
  for (const [p, q] of [
    [0.02, 0.01],
    [0.1, 0.1],
    [0.3, 0.05],
    [0.05, 0.3],
  ] as const) {
    let [covered, above] = [0, 0];
    for (let better = 0; better <= total; better++) {
      for (let worse = 0; better + worse <= total; worse++) {
        const rest = total - better - worse;
        const ways = [better, worse, rest].reduce(
          (sum, count) => sum - (factorials[count] as number),
          factorials[total] as number,
        );
        const chance = Math.exp(ways + logOf(better, p) + logOf(worse, q) + logOf(rest, 1 - p - q));
        const { low, high } = differenceEstimate(better, worse, total);
        if (low <= p - q && p - q <= high) covered += chance;
        if (p - q > high) above += chance;
      }
    }
    assert.ok(covered > 0.93, `${p}, ${q}: ${covered}`);
    assert.ok(covered < 0.999, `${p}, ${q}: ${covered}`);
    assert.ok(above < 0.04, `${p}, ${q}: the upper limit is too low in ${above}`);
  }
});

test('a difference: exchanging the two turns the interval round', () => {
  const one = differenceEstimate(9, 3, 500);
  const other = differenceEstimate(3, 9, 500);
  assert.equal(one.value, -other.value);
  assert.equal(one.low, 0 - other.high);
  assert.equal(one.high, 0 - other.low);
  assert.ok(one.low < one.value && one.value < one.high);
});
