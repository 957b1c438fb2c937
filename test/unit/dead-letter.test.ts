import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isReplay, readDeadLetter, replayHeaders, requestOf } from '../../src/dead-letter.ts';
import { DeadLetterQueue } from '../../src/publish/dead-letter-queue.ts';
import type { MessageHeader, SourceMessage } from '../../src/types.ts';
import { projectFiles } from '../helpers/source-tree.ts';

function messageWith(headers: MessageHeader[], topic = 'dlq'): SourceMessage {
  return {
    topic,
    partition: 2,
    offset: 7,
    value: Buffer.from('secret'),
    size: 6,
    timestamp: 1_000,
    headers,
  };
}

/** Headers as they come back from Kafka: bytes. */
function written(): MessageHeader[] {
  const source: SourceMessage = { topic: 'in', partition: 1, offset: 41, value: null, size: 0, headers: [] };
  const failure = { errorType: 'too_large', message: 'Too long.', stage: 'decode', attempts: 2 } as const;
  const { headers } = new DeadLetterQueue({ topic: 'dlq', now: () => 0 }).toRecord(source, failure);
  return headers.map((header) =>
    Object.fromEntries(Object.entries(header).map(([name, value]) => [name, Buffer.from(value as string)])),
  );
}

test('what the queue has written is read back, and nothing of the message', () => {
  const letter = readDeadLetter(messageWith(written()));
  assert.deepEqual(letter, {
    partition: 2,
    offset: 7,
    timestamp: 1_000,
    bytes: 6,
    reason: 'too_large',
    sentence: 'Too long.',
    stage: 'decode',
    attempts: 2,
    firstFailedAt: '1970-01-01T00:00:00.000Z',
    replays: 0,
    origin: { topic: 'in', partition: 1, offset: 41 },
    isValueOmitted: false,
  });
  assert.ok(!JSON.stringify(letter).includes('secret'));
});

test('records of others have neither reason nor origin', () => {
  const foreign: MessageHeader[][] = [
    [],
    [{ 'x-error-type': 'too_large' }],
    [{ 'x-error-type': null }],
    [...written().filter((header) => !('x-error-type' in header)), { 'x-error-type': 'made_up' }],
    [
      ...written().filter((header) => !('kafka_dlt-original-offset' in header)),
      { 'kafka_dlt-original-offset': '1e9' },
    ],
  ];
  for (const headers of foreign) {
    const { reason, origin } = readDeadLetter(messageWith(headers));
    assert.deepEqual([reason, origin], [undefined, undefined]);
  }
});

test('a count that cannot be read counts as too many', () => {
  const headers = [
    ...written().filter((header) => !('x-replay-count' in header)),
    { 'x-replay-count': '-1' },
  ];
  assert.ok(readDeadLetter(messageWith(headers)).replays > 1_000_000);
  assert.equal(isReplay(messageWith(headers, 'in')), true);
});

test('a replay carries every header, with one count', () => {
  const headers = replayHeaders(
    messageWith([...written(), { traceparent: 'x' }, { 'x-replay-count': '9' }]),
    1,
  );
  const again = messageWith(headers);
  assert.equal(headers.filter((header) => 'x-replay-count' in header).length, 1);
  assert.equal(readDeadLetter(again).replays, 1);
  assert.equal(isReplay(messageWith(headers, 'in')), true);
  assert.equal(isReplay(messageWith(headers, 'another')), false);
  assert.equal(readDeadLetter(again).reason, 'too_large');
  assert.deepEqual(headers.at(-2), { traceparent: 'x' });
});

test('what was never replayed is no replay', () => {
  for (const headers of [[], [{ 'x-replay-count': '0' }], written()]) {
    assert.equal(isReplay(messageWith(headers)), false);
  }
  assert.equal(isReplay({ ...messageWith([]), headers: undefined }), false);
});

test('no other file of src names these headers', () => {
  const name =
    /'(kafka_dlt-|x-(error-type|stage|attempts|first-failed-at|replay-count|value-omitted-bytes)\b)/;
  const found = projectFiles().filter(({ path, text }) => /^src\/.*\.ts$/.test(path) && name.test(text));
  assert.deepEqual(
    found.map(({ path }) => path),
    ['src/dead-letter.ts'],
  );
});

test('the request of a dead letter is its origin, or the replay that failed again', () => {
  const origin = { topic: 'in', partition: 1, offset: 41 };
  assert.deepEqual(requestOf(messageWith(written())), origin);
  const place = (value: string): MessageHeader[] => [...written(), { 'x-replay-place': value }];
  assert.deepEqual(requestOf(messageWith(place('in/0/99'))), { topic: 'in', partition: 0, offset: 99 });
  for (const value of ['', 'in/0', 'in/0/x', '/0/1']) {
    assert.equal(requestOf(messageWith(place(value))), undefined);
  }
  assert.equal(requestOf(messageWith([{ 'x-replay-place': 'in/0/99' }])), undefined);
});

test('every header that we write is documented', () => {
  const files = projectFiles();
  const textOf = (path: string): string => files.find((file) => file.path === path)?.text ?? '';
  const sources = textOf('src/dead-letter.ts') + textOf('src/writer-group.ts');
  const names = [...sources.matchAll(/'((?:kafka_dlt|x)-[a-z-]*[a-z])'/g)].map(([, name]) => String(name));
  assert.ok(names.length > 14);
  for (const name of names) assert.ok(textOf('docs/messages.md').includes(`\`${name}\``), name);
});
