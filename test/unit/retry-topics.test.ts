import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type PutOffFacts, putOffHeaders } from '../../src/put-off.ts';
import { delayMsOf, listRetryTopics, RetryTopics } from '../../src/retry-topics.ts';
import type { SourceMessage } from '../../src/types.ts';

const retries = new RetryTopics({ topics: ['a', 'b'], delays: ['10s', '1m'], group: 'g' });
const request: SourceMessage = {
  ...{ topic: 'b', partition: 1, offset: 5, timestamp: 100 },
  ...{ value: Buffer.from('{}'), key: 'k', size: 2, headers: [{ h: 'x' }] },
};
const facts: PutOffFacts = { errorType: 'timeout', attempts: 2, group: 'g', nowMs: 0, dueAtMs: 10_000 };

function recordOf(message: SourceMessage, topic: string, more: Partial<PutOffFacts> = {}): SourceMessage {
  const headers = putOffHeaders(message, { ...facts, ...more });
  return { ...message, topic, partition: 0, offset: 9, timestamp: 3_000, headers };
}

test('each request topic has one retry topic for each delay, with the delay in its name', () => {
  assert.deepEqual(retries.names, ['a-retry-10s', 'a-retry-1m', 'b-retry-10s', 'b-retry-1m']);
  assert.deepEqual(
    listRetryTopics(['a'], ['2h']).map(({ delayMs }) => delayMs),
    [7_200_000],
  );
  assert.equal(delayMsOf('3d'), 259_200_000);
});

test('a message goes through them in order', () => {
  assert.equal(retries.after(request)?.name, 'b-retry-10s');
  const once = retries.asRequest(recordOf(request, 'b-retry-10s'));
  assert.equal(retries.after(once)?.name, 'b-retry-1m');
  const twice = retries.asRequest(recordOf(once, 'b-retry-1m'));
  assert.equal(retries.after(twice), undefined);
  assert.equal(retries.after({ ...request, topic: 'other' }), undefined);
  retries.refuse(once);
  assert.equal(retries.after(once), undefined);
});

test('what is read from a retry topic is the request as it was', () => {
  const { putOff, ...same } = retries.asRequest(recordOf(request, 'b-retry-10s'));
  assert.deepEqual(same, request);
  const readAt = { topic: 'b-retry-10s', partition: 0, offset: 9, timestamp: 10_000 };
  assert.deepEqual(putOff, { readAt, count: 1, attempts: 2, firstFailedAt: new Date(0).toISOString() });
  const bare = retries.asRequest(recordOf({ ...request, headers: undefined }, 'b-retry-10s'));
  assert.equal(bare.headers, undefined);
});

test('what somebody else has written there is a request of its own', () => {
  const foreign = { ...request, topic: 'b-retry-10s', offset: 3 };
  const { putOff, ...same } = retries.asRequest(foreign);
  assert.deepEqual(same, foreign);
  assert.deepEqual([putOff?.count, putOff?.attempts], [0, 0]);
  assert.equal(retries.dueAtMs({ ...foreign, timestamp: 1_000 }, 2_000), 11_000);
  assert.equal(retries.asRequest(recordOf(request, 'a-retry-10s')).topic, 'a-retry-10s'); // of another request topic
});

test('nobody waits longer than the delay from now, nor for what another group has put off', () => {
  const record = recordOf(request, 'b-retry-10s');
  assert.equal(retries.dueAtMs(record, 4_000), 10_000);
  assert.equal(retries.dueAtMs(record, 50_000), 10_000);
  assert.equal(retries.dueAtMs(recordOf(request, 'b-retry-10s', { dueAtMs: 9e14 }), 4_000), 14_000);
  const ofOther = recordOf(request, 'b-retry-10s', { group: 'h' });
  assert.equal(retries.dueAtMs(ofOther, 4_000), undefined);
  assert.deepEqual([retries.isOurs(record), retries.isOurs(ofOther)], [true, false]);
});
