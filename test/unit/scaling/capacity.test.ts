import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Capacity, type Work } from '../../../src/scaling/capacity.ts';

const second = (more: Partial<Work>): Work => ({
  elapsedS: 1,
  messages: 0,
  busy: 0,
  isFull: false,
  ...more,
  busyLately: more.busy ?? 0,
});

function after(capacity: Capacity, seconds: number, work: Partial<Work>): number | undefined {
  for (let i = 0; i < seconds; i++) capacity.observe(second(work));
  return capacity.perSecond;
}

const near = (value: number | undefined, expected: number): void =>
  assert.ok(Math.abs(Number(value) / expected - 1) < 0.01, `${value}, not ${expected}`);

test('it is what was done, divided by the share of the time that it took', () => {
  const capacity = new Capacity();
  assert.equal(capacity.perSecond, undefined);
  near(after(capacity, 60, { messages: 300, busy: 0.3 }), 1_000);
});

test('while messages wait all the time, it is what is done, whatever the limit is', () => {
  near(after(new Capacity(), 300, { messages: 120, busy: 0.2, isFull: true }), 120);
});

test('nothing is said before something was done, and an idle hour forgets nothing', () => {
  const capacity = new Capacity();
  assert.equal(after(capacity, 3_600, { busy: 0.0001 }), undefined);
  assert.equal(after(capacity, 3_600, { messages: 1, busy: 0.03 }), undefined, 'a trickle says nothing');
  near(after(capacity, 120, { messages: 500, busy: 0.5 }), 1_000);
  near(after(capacity, 3_600, {}), 1_000);
});

test('it follows a broker that becomes slow within a minute', () => {
  const capacity = new Capacity();
  after(capacity, 600, { messages: 1_000, busy: 1, isFull: true });
  assert.ok(Number(after(capacity, 60, { messages: 400, busy: 0.4, isFull: true })) < 500);
});

test('a broker that does not answer for a while does not make the process smaller', () => {
  const capacity = new Capacity();
  after(capacity, 600, { messages: 1_000, busy: 1, isFull: true });
  after(capacity, 20, { isFull: true });
  capacity.interrupted();
  near(after(capacity, 1, { messages: 1_000, busy: 1, isFull: true }), 1_000);
  after(capacity, 600, { messages: 1_000, busy: 1, isFull: true });
  // Transactions of five seconds: what they commit is for all of that time.
  for (let i = 0; i < 100; i++) {
    after(capacity, 4, { isFull: true });
    after(capacity, 1, { messages: 2_000, isFull: true });
  }
  near(capacity.perSecond, 400);
});
