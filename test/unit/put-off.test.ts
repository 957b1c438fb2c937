import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deadLetterHeaders, replayHeaders } from '../../src/dead-letter.ts';
import { putOffHeaders, readPutOff, withoutPutOff } from '../../src/put-off.ts';
import type { MessageHeader, SourceMessage } from '../../src/types.ts';

const facts = { errorType: 'timeout', attempts: 4, group: 'g', nowMs: 1_000, dueAtMs: 11_000 } as const;
const failure = { errorType: 'timeout', message: 'It was slow.', stage: 'infer', attempts: 8 } as const;

function message(more: Partial<SourceMessage> = {}): SourceMessage {
  return { topic: 't', partition: 3, offset: 70, timestamp: 500, value: Buffer.from('v'), size: 1, ...more };
}

function namesOf(headers: readonly MessageHeader[]): string[] {
  return headers.flatMap((header) => Object.keys(header));
}

test('the headers say where the message was, and are taken off again', () => {
  const headers = [{ a: Buffer.from([0, 255]) }, { a: null }, { __proto__: null, b: 'x' }] as MessageHeader[];
  const written = putOffHeaders(message({ headers }), facts);
  assert.deepEqual(readPutOff({ headers: written }), {
    origin: { topic: 't', partition: 3, offset: 70 },
    timestamp: 500,
    count: 1,
    attempts: 4,
    firstFailedAt: new Date(1_000).toISOString(),
    dueAtMs: 11_000,
    group: 'g',
  });
  assert.deepEqual(withoutPutOff(written), headers);
});

test('a message that is put off again keeps its first failure', () => {
  const readAt = { topic: 't-retry-10s', partition: 0, offset: 1 };
  const putOff = { readAt, count: 1, attempts: 4, firstFailedAt: '1970-01-01T00:00:00.000Z' };
  const again = putOffHeaders(message({ putOff }), { ...facts, attempts: 8 });
  const note = readPutOff({ headers: again });
  assert.deepEqual([note?.count, note?.attempts, note?.firstFailedAt], [2, 8, putOff.firstFailedAt]);
  const letter = Object.assign({}, ...deadLetterHeaders(message({ putOff }), failure, 5_000));
  assert.deepEqual(
    [letter['x-first-failed-at'], letter['x-attempts'], letter['x-retry-count'], letter['x-retry-due-at']],
    [putOff.firstFailedAt, '8', '1', undefined],
  );
});

test('what is not ours, or not whole, is no note', () => {
  assert.equal(readPutOff({ headers: undefined }), undefined);
  const whole = putOffHeaders(message(), facts);
  for (const name of ['x-retry-topic', 'x-retry-offset', 'x-retry-count', 'x-retry-due-at']) {
    const rest = whole.filter((header) => !Object.hasOwn(header, name));
    assert.equal(readPutOff({ headers: rest }), undefined, name);
  }
});

test('headers with these names on a request are not believed', () => {
  const headers = [{ 'x-retry-count': '7' }, { 'x-retry-topic': 'else' }, { mine: '1' }];
  const written = putOffHeaders(message({ headers }), facts);
  assert.equal(namesOf(written).filter((name) => name === 'x-retry-count').length, 1);
  assert.equal(readPutOff({ headers: written })?.count, 1);
  assert.ok(!namesOf(deadLetterHeaders(message({ headers }), failure, 1)).includes('x-retry-count'));
});

test('a replay that is put off is still a replay when it becomes a dead letter', () => {
  const first = deadLetterHeaders(message(), failure, 1_000);
  const replay = message({ offset: 90, headers: replayHeaders(message({ headers: first }), 1) });
  const back = withoutPutOff(putOffHeaders(replay, facts));
  assert.deepEqual(back, replay.headers);
  const readAt = { topic: 't-retry-10s', partition: 0, offset: 1 };
  const putOff = { readAt, count: 1, attempts: 4, firstFailedAt: 'later' };
  const letter = Object.assign(
    {},
    ...deadLetterHeaders({ ...replay, headers: back, putOff }, failure, 9_000),
  );
  assert.deepEqual(
    [
      letter['kafka_dlt-original-offset'],
      letter['x-replay-count'],
      letter['x-replay-place'],
      letter['x-retry-count'],
    ],
    ['70', '1', 't/3/90', '1'],
  );
  const again = replayHeaders(message({ headers: deadLetterHeaders({ ...replay, putOff }, failure, 1) }), 2);
  assert.ok(!namesOf(again).includes('x-retry-count'));
});
