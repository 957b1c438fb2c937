import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Failure } from '../../../src/dead-letter.ts';
import { DeadLetterQueue } from '../../../src/publish/dead-letter-queue.ts';
import type { MessageHeader, SourceMessage } from '../../../src/types.ts';

const now = Date.UTC(2024, 1, 29, 12);
const queue = new DeadLetterQueue({ topic: 'dead', now: () => now });
const failure: Failure = { errorType: 'timeout', message: 'It took too long.', stage: 'infer', attempts: 4 };

function message(more: Partial<SourceMessage> = {}): SourceMessage {
  return {
    topic: 'in',
    partition: 2,
    offset: 41,
    value: Buffer.from([0xff, 0]),
    size: 2,
    timestamp: 5,
    ...more,
  };
}

const ours: MessageHeader[] = [
  { 'kafka_dlt-original-topic': 'in' },
  { 'kafka_dlt-original-partition': '2' },
  { 'kafka_dlt-original-offset': '41' },
  { 'kafka_dlt-original-timestamp': '5' },
  { 'kafka_dlt-exception-fqcn': 'timeout' },
  { 'kafka_dlt-exception-message': 'It took too long.' },
  { 'x-error-type': 'timeout' },
  { 'x-stage': 'infer' },
  { 'x-attempts': '4' },
  { 'x-first-failed-at': '2024-02-29T12:00:00.000Z' },
  { 'x-replay-count': '0' },
];

test('key and value go as they came, with where the message was and why it failed', () => {
  const key = Buffer.from([0, 1]);
  const record = queue.toRecord(message({ key }), failure);
  assert.equal(record.topic, 'dead');
  assert.equal(record.partition, -1);
  assert.equal(record.value?.equals(Buffer.from([0xff, 0])), true);
  assert.equal(record.key, key);
  assert.deepEqual(record.headers, ours);
  assert.equal(queue.toRecord(message({ value: null }), failure).value, null);
});

test('headers of others keep their place, their order and their bytes', () => {
  const foreign: MessageHeader[] = [
    { traceparent: Buffer.from([0xff]) },
    { note: '1' },
    { note: '2' },
    { empty: null },
    { 'x-stage-of-life': 'not ours' },
    { 'x-error-types': 'not ours' },
  ];
  assert.deepEqual(queue.toRecord(message({ headers: foreign }), failure).headers, [...foreign, ...ours]);
});

test('headers that only look like ours are dropped', () => {
  const forged: MessageHeader[] = [
    { 'x-error-type': 'forged' },
    { 'kafka_dlt-original-offset': '1' },
    { 'kafka_dlt-anything': 'x' },
    { 'x-attempts': '99' },
    { 'x-value-omitted-bytes': '3' },
    { kept: 'yes' },
  ];
  assert.deepEqual(queue.toRecord(message({ headers: forged }), failure).headers, [{ kept: 'yes' }, ...ours]);
});

test('the first failure wins: a replayed message that fails again keeps its origin and its reason', () => {
  const first = queue.toRecord(message(), failure);
  const replayed = first.headers.map((header) =>
    'x-replay-count' in header ? { 'x-replay-count': '3' } : header,
  );
  const again = queue.toRecord(
    message({ topic: 'in', partition: 0, offset: 99, headers: [...replayed, { note: '1' }] }),
    { errorType: 'inference_failed', message: 'Now another reason.', stage: 'infer', attempts: 1 },
  );
  const place = { 'x-replay-place': 'in/0/99' };
  assert.deepEqual(again.headers, [{ note: '1' }, ...replayed, place]);
  const third = queue.toRecord(message({ topic: 'in', partition: 0, offset: 120, headers: again.headers }), {
    errorType: 'timeout',
    message: 'A third one.',
    stage: 'infer',
    attempts: 1,
  });
  assert.deepEqual(third.headers.at(-1), { 'x-replay-place': 'in/0/120' });
  assert.equal(third.headers.filter((header) => 'x-replay-place' in header).length, 1);
});

const springs: MessageHeader[] = [
  { 'kafka_dlt-original-topic': Buffer.from('in') },
  { 'kafka_dlt-original-partition': Buffer.from([0, 0, 0, 1]) },
  { 'kafka_dlt-original-offset': Buffer.from([0, 0, 0, 0, 0, 0, 0, 9]) },
  { 'kafka_dlt-exception-fqcn': Buffer.from('java.lang.IllegalStateException') },
];
const elsewhere = ours.map((header) =>
  'kafka_dlt-original-topic' in header ? { 'kafka_dlt-original-topic': 'another' } : header,
);
for (const [whose, foreign] of Object.entries({
  'another program (Spring)': [...springs, { 'x-replay-count': '1' }],
  'nobody in particular': [{ 'x-replay-count': '2' }],
  'a dead letter of another topic': [...elsewhere.slice(0, -1), { 'x-replay-count': '1' }],
})) {
  test(`headers of ${whose}: the message failed here, and for the first time`, () => {
    const { headers } = queue.toRecord(message({ headers: foreign }), failure);
    assert.deepEqual(headers, ours);
  });
}

test('a value that the topic does not take is left out, and its length is told', () => {
  const whole = queue.toRecord(message(), failure, 2);
  assert.equal(whole.value?.length, 2);
  const record = queue.toRecord(message(), failure, 1);
  assert.equal(record.value, null);
  assert.deepEqual(record.headers, [...ours, { 'x-value-omitted-bytes': '2' }]);
});

test('alone it writes through any producer, and says when that one is full', () => {
  assert.equal(queue.send({ produce: () => false }, message(), failure), false);
  assert.equal(queue.send({ produce: ({ topic }) => topic === 'dead' }, message(), failure), true);
});

test('a dead letter without some of its parts says how long they were, and still which group wrote it', () => {
  const queue = new DeadLetterQueue({ topic: 'dlq', group: 'ours', now: () => 0 });
  const headers = [{ large: 'x'.repeat(95) }];
  const record = queue.toRecord(
    message({ key: 'key', headers }),
    failure,
    undefined,
    new Set(['headers', 'key']),
  );
  const all = Object.assign({}, ...record.headers);
  assert.deepEqual([all['x-headers-omitted-bytes'], all['x-key-omitted-bytes']], ['100', '3']);
  assert.deepEqual([all['x-consumer-group'], all.large, record.key], ['ours', undefined, null]);
  assert.notEqual(record.value, null);
});
