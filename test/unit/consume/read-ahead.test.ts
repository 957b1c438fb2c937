import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReadAhead } from '../../../src/consume/read-ahead.ts';

function create(): (total: number, nowMs: number) => number {
  const ahead = new ReadAhead({ messagesMin: 100, messagesMax: 4_000, aheadMs: 400 });
  return (total, nowMs) => {
    ahead.observe(total, nowMs);
    return ahead.messages;
  };
}

test('a fast model gets more ahead, up to the limit', () => {
  const observe = create();
  assert.equal(observe(0, 0), 100);
  assert.equal(observe(1_000, 1_000), 400, '400 ms of 1,000 messages a second');
  assert.equal(observe(1_050, 1_100), 400, 'measured too short a time to say');
  assert.equal(observe(101_000, 2_000), 4_000);
});

test('a pause lets it fall slowly, down to the limit', () => {
  const observe = create();
  observe(10_000, 1_000);
  assert.equal(observe(10_000, 2_000), 3_600);
  for (let second = 3; second < 60; second++) observe(10_000, second * 1_000);
  assert.equal(observe(10_000, 60_000), 100);
});
