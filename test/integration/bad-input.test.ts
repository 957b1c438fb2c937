/** Whatever stands in the request topic: each message becomes a dead letter that says why, or a result. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ErrorType } from '../../src/types.ts';
import { type Delivery, headerOf, waitForDelivery } from '../helpers/delivery.ts';
import { noBroker, sharedBroker, uniqueName } from '../helpers/kafka-broker.ts';
import { committedOffsets, produceAll, type ReadRecord, type TestRecord } from '../helpers/kafka-client.ts';
import { startService } from '../helpers/service-process.ts';
import { topicSettings, uniqueTopics } from '../helpers/topics.ts';

/** Part of every text and key; it must be in no log. */
const SECRET = 'ocelot';
const MIB = 2 ** 20;
const PARTITIONS = 2;

interface Row {
  readonly name: string;
  readonly value: Buffer | string | null;
  readonly expected: ErrorType | 'result';
  /** What the result must say. */
  readonly result?: Readonly<Record<string, unknown>>;
}

/** With an address: node-rdkafka would send another empty buffer as a tombstone. */
const EMPTY = Buffer.from(' ').subarray(0, 0);
const object = (members: string): string => `{"text":"${SECRET} is good"${members}}`;
const withId = (length: number): string => object(`,"id":"${'i'.repeat(length)}"`);
const nested = '['.repeat(100_000) + ']'.repeat(100_000);
const bytes = (...parts: (string | number[])[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))));

const rows: readonly Row[] = [
  { name: 'empty value', value: EMPTY, expected: 'invalid_json' },
  { name: 'tombstone', value: null, expected: 'invalid_message' },
  { name: 'white space', value: ' \n', expected: 'invalid_json' },
  { name: 'not UTF-8', value: bytes('{"text":"', [0xff, 0xfe], '"}'), expected: 'invalid_json' },
  { name: 'a cut UTF-8 sequence', value: bytes('{"text":"', [0xe2, 0x82], '"}'), expected: 'invalid_json' },
  { name: 'not JSON', value: `${SECRET}, plainly`, expected: 'invalid_json' },
  { name: 'JSON cut off', value: `{"text":"${SECRET}`, expected: 'invalid_json' },
  { name: 'two objects', value: object('') + object(''), expected: 'invalid_json' },
  { name: 'a list', value: `["${SECRET}"]`, expected: 'invalid_message' },
  { name: 'a string', value: `"${SECRET}"`, expected: 'invalid_message' },
  { name: 'a number', value: '42', expected: 'invalid_message' },
  { name: 'null', value: 'null', expected: 'invalid_message' },
  { name: 'no text', value: `{"id":"${SECRET}"}`, expected: 'invalid_message' },
  { name: 'text: null', value: '{"text":null}', expected: 'invalid_message' },
  { name: 'text: a number', value: '{"text":5}', expected: 'invalid_message' },
  { name: 'text: a list', value: `{"text":["${SECRET}"]}`, expected: 'invalid_message' },
  { name: 'text: an object', value: `{"text":{"a":"${SECRET}"}}`, expected: 'invalid_message' },
  { name: 'a text of 10 MB', value: `{"text":"${SECRET.repeat(1_700_000)}"}`, expected: 'too_large' },
  {
    name: 'a text of 2 MB',
    value: `{"text":"${`${SECRET} `.repeat(300_000)}"}`,
    expected: 'result',
    result: { truncated: true },
  },
  { name: '100,000 brackets', value: object(`,"metadata":${nested}`), expected: 'invalid_json' },
  { name: '100,000 open brackets', value: '['.repeat(100_000), expected: 'invalid_json' },
  {
    name: 'text twice, the last one counts',
    value: '{"text":"I love this wonderful film","text":"I hate this terrible film"}',
    expected: 'result',
    result: { label: 'NEGATIVE' },
  },
  {
    name: 'text twice, the other way round',
    value: '{"text":"I hate this terrible film","text":"I love this wonderful film"}',
    expected: 'result',
    result: { label: 'POSITIVE' },
  },
  { name: 'text twice, the last no string', value: object(',"text":1'), expected: 'invalid_message' },
  {
    name: 'id twice, the last one counts',
    value: object(',"id":"a","id":"b"'),
    expected: 'result',
    result: { id: 'b' },
  },
  { name: 'half a surrogate pair', value: '{"text":"\\ud83d"}', expected: 'result' },
  { name: 'the other half', value: '{"text":"\\ude00"}', expected: 'result' },
  { name: 'halves in the wrong order', value: '{"text":"\\ude00\\ud83d"}', expected: 'result' },
  { name: 'a byte-order mark', value: `\ufeff${object('')}`, expected: 'result' },
  { name: 'NaN in a member nobody reads', value: object(',"a":[NaN,-Infinity]'), expected: 'result' },
  { name: 'NaN as id', value: object(',"id":NaN'), expected: 'invalid_message' },
  { name: 'NaN misspelled', value: object(',"a":nan'), expected: 'invalid_json' },
  { name: 'a whole pair', value: '{"text":"\\ud83d\\ude00"}', expected: 'result' },
  {
    name: 'half a pair as bytes',
    value: bytes('{"text":"', [0xed, 0xa0, 0x80], '"}'),
    expected: 'invalid_json',
  },
  { name: 'NUL, escaped', value: `{"text":"${SECRET}\\u0000 is good"}`, expected: 'result' },
  { name: 'NUL as a byte', value: bytes('{"text":"a', [0], 'b"}'), expected: 'invalid_json' },
  { name: 'NUL after the object', value: bytes(object(''), [0]), expected: 'invalid_json' },
  { name: 'only NUL bytes', value: Buffer.alloc(64), expected: 'invalid_json' },
  { name: 'an id of 1,024 bytes, quotes included', value: withId(1_022), expected: 'result' },
  { name: 'a longer id', value: withId(1_023), expected: 'invalid_message' },
  { name: 'an id of a megabyte', value: withId(MIB), expected: 'invalid_message' },
  { name: 'an id of another type', value: object(',"id":[1]'), expected: 'invalid_message' },
  { name: 'an empty text', value: '{"text":""}', expected: 'result' },
  { name: 'a text of white space', value: '{"text":" \\n\\t "}', expected: 'result' },
  { name: 'unknown members', value: object(',"a":{"b":[1,2,{"c":null}]}'), expected: 'result' },
];

/** Each row between two good messages, with keys and headers of every kind. */
const requests: readonly (TestRecord & { row?: Row })[] = rows.flatMap((row, i) => [
  { value: object(`,"id":"good-${i}"`), partition: i % PARTITIONS },
  {
    row,
    value: row.value,
    partition: i % PARTITIONS,
    key: [null, `${SECRET}-${i}`, Buffer.from([0xff, 0x00, i]), EMPTY][i % 4] as Buffer | string | null,
    headers: [{ traceparent: `00-${i}` }, { note: 'über' }, { note: 'twice' }, { 'x-stage': 'forged' }],
    timestamp: 1_700_000_000_000 + i,
  },
]);

test('every kind of bad message becomes a dead letter or a result, and nothing is lost', {
  skip: noBroker,
}, async (t) => {
  const { bootstrap, topics, settings, group } = await prepare();
  await produceAll(bootstrap, topics.requests, requests);
  const service = startService({
    ...settings,
    'kafka.max_message_bytes': 4 * MIB,
    'request.tombstones': 'dead_letter',
  });
  const delivery = await waitForDelivery(bootstrap, topics, requests.length);
  service.kill('SIGTERM');
  assert.equal(await service.exited, 0, service.log());

  await t.test('nothing is lost, doubled or out of order, and all is committed', async () => {
    const { lost, doubled, outOfOrder } = delivery;
    assert.deepEqual({ lost, doubled, outOfOrder }, { lost: [], doubled: [], outOfOrder: [] });
    const committed = await committedOffsets(bootstrap, group, topics.requests);
    assert.equal(
      committed.reduce((sum, { offset }) => sum + (offset ?? 0), 0),
      requests.length,
    );
  });
  await t.test('no log line holds a part of a message', () => {
    assert.equal(service.log().includes(SECRET), false);
  });
  const places = Array(PARTITIONS).fill(0);
  for (const { row, ...request } of requests) {
    const partition = request.partition as number;
    const offset = places[partition]++;
    if (row === undefined) continue;
    await t.test(`${row.name}: ${row.expected}`, () => {
      if (row.expected === 'result') checkResult(row, findResult(delivery, partition, offset));
      else
        checkDeadLetter(
          row,
          request,
          { topic: topics.requests, group },
          findDeadLetter(delivery, partition, offset),
          offset,
        );
    });
  }
});

async function prepare() {
  const { bootstrapServers: bootstrap, createTopic } = await sharedBroker();
  const topics = uniqueTopics();
  const large = { 'max.message.bytes': String(32 * MIB) };
  await createTopic(topics.requests, PARTITIONS, large);
  await createTopic(topics.results, PARTITIONS);
  await createTopic(topics.deadLetters, 1, large);
  const group = uniqueName('group');
  const settings = {
    'kafka.bootstrap_servers': bootstrap,
    ...topicSettings(topics),
    'kafka.consumer_group': group,
    'kafka.dlq_stop_ratio': 0,
  };
  return { bootstrap, topics, settings, group };
}

function findResult({ results }: Delivery, partition: number, offset: number): ReadRecord | undefined {
  return results.find(({ value }) => {
    const { source } = JSON.parse(String(value)) as { source: { partition: number; offset: number } };
    return source.partition === partition && source.offset === offset;
  });
}

function findDeadLetter(
  { deadLetters }: Delivery,
  partition: number,
  offset: number,
): ReadRecord | undefined {
  return deadLetters.find(
    (record) =>
      headerOf(record, 'kafka_dlt-original-partition') === String(partition) &&
      headerOf(record, 'kafka_dlt-original-offset') === String(offset),
  );
}

function checkResult(row: Row, record: ReadRecord | undefined): void {
  assert.ok(record !== undefined, 'it has no result');
  const result = JSON.parse(String(record.value)) as Record<string, unknown>;
  assert.match(String(result['label']), /^(POSITIVE|NEGATIVE)$/);
  for (const [name, value] of Object.entries(row.result ?? {})) assert.deepEqual(result[name], value, name);
}

function checkDeadLetter(
  row: Row,
  request: TestRecord,
  { topic, group }: { topic: string; group: string },
  letter: ReadRecord | undefined,
  offset: number,
): void {
  assert.ok(letter !== undefined, 'it has no dead letter');
  const asBytes = (value: Buffer | string | null | undefined) => (value == null ? null : Buffer.from(value));
  assert.deepEqual(asBytes(letter.key), asBytes(request.key), 'key');
  const sent = asBytes(request.value);
  assert.ok(sent === null ? letter.value === null : letter.value?.equals(sent), 'value');

  const headers = (letter.headers ?? []).map((header) => {
    const [[name, value] = ['', '']] = Object.entries(header);
    return [name, String(value)] as const;
  });
  // The header that looks like ours is gone; the others are as they came.
  assert.deepEqual(
    headers.slice(0, 3),
    request.headers?.slice(0, 3).flatMap((header) => Object.entries(header)),
  );
  const {
    'kafka_dlt-exception-message': sentence,
    'x-first-failed-at': failedAt,
    ...ours
  } = Object.fromEntries(headers.slice(3));
  assert.deepEqual(ours, {
    'kafka_dlt-original-topic': topic,
    'kafka_dlt-original-partition': String(request.partition),
    'kafka_dlt-original-offset': String(offset),
    'kafka_dlt-original-timestamp': String(request.timestamp),
    'kafka_dlt-exception-fqcn': row.expected,
    'x-error-type': row.expected,
    'x-stage': 'decode',
    'x-attempts': '1',
    'x-replay-count': '0',
    'x-consumer-group': group,
  });
  assert.match(String(sentence), /^.{10,}\.$/);
  assert.equal(new Date(String(failedAt)).toISOString(), failedAt);
}
