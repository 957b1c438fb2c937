import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TransactionClock } from '../../../src/kafka/transaction-clock.ts';

/** A clock whose time is set by hand; it ticks each `stepMs` until `ageMs` after the begin. */
function clockAfter(ageMs: number, { isShared = true, stepMs = 500 } = {}): TransactionClock {
  let nowMs = 1_000;
  const clock = new TransactionClock({ timeoutMs: 10_000, isShared, now: () => nowMs });
  clock.begin();
  for (const endMs = nowMs + ageMs; nowMs < endMs; clock.tick()) nowMs = Math.min(nowMs + stepMs, endMs);
  clock.close();
  return clock;
}

test('a young transaction can only have been fenced by another process', () => {
  assert.equal(clockAfter(9_999).hasExpired, false);
});

test('a transaction that was open for too long has been ended by the coordinator', () => {
  assert.equal(clockAfter(10_000).hasExpired, true);
});

test('a process that was stopped for that long may have a successor', () => {
  assert.equal(clockAfter(12_000, { stepMs: 12_000 }).hasExpired, false);
  assert.equal(clockAfter(12_000, { stepMs: 9_000 }).hasExpired, true);
});

test('nobody else can have an id that was made up', () => {
  assert.equal(clockAfter(10, { isShared: false }).hasExpired, true);
  assert.equal(clockAfter(12_000, { isShared: false, stepMs: 12_000 }).hasExpired, true);
});

test('each transaction begins anew', () => {
  let nowMs = 0;
  const clock = new TransactionClock({ timeoutMs: 100, isShared: true, now: () => nowMs });
  clock.begin();
  nowMs = 500;
  clock.begin();
  nowMs = 550;
  assert.equal(clock.hasExpired, false);
  clock.close();
});
