/** What a producer can send: values, encrypted or not, headers and keys. */
import assert from 'node:assert/strict';
import { createSecretKey, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { readDeadLetter, replayHeaders } from '../../../src/dead-letter.ts';
import { decryptToken, encryptToken } from '../../../src/crypto/jwe.ts';
import { Keyring } from '../../../src/crypto/keyring.ts';
import { Decoder } from '../../../src/decode/decoder.ts';
import { DeadLetterQueue } from '../../../src/publish/dead-letter-queue.ts';
import { Decrypter } from '../../../src/consume/decrypter.ts';
import { SlotTable } from '../../../src/slots.ts';
import { errorTypes, type MessageHeader, type SourceMessage } from '../../../src/types.ts';
import { makeDecoder } from '../decode/make-decoder.ts';
import { cases, damage, each, MARKED, Random } from './generator.ts';

const raw = randomBytes(32);
const key = createSecretKey(raw);
const keyring = {
  current: Keyring.parse(JSON.stringify({ k1: raw.toString('base64') })),
  reread: () => false,
};
const token = encryptToken(`${MARKED} is good`, 'k1', key);
const requests = [
  `{"text":"${MARKED} is good"}`,
  `{"id":"${MARKED}","text":"a \\"b\\" \\ud83d\\ude00 ${MARKED}","priority":"high"}`,
  `{"text":"${MARKED}","timestamp":1.5e3,"metadata":{"a":[1,{}]}}`,
  `{"text":"${token}","encryption_version":"v1","id":7}`,
  `{"encryption_version":"v1","text":"${token.replaceAll('e', '\\u0065')}","priority":"low"}`,
  `{"text":"${'äöü 中文 '.repeat(60)}","id":-0,"source":null}`,
];

test('values: each one is a row or has a reason, and the reason says nothing of it', async () => {
  const table = new SlotTable(64);
  const { decoder } = makeDecoder({ maxMessageBytes: 4096, maxDepth: 16 }, table);
  const decrypter = new Decrypter({ table, decoder, keyring, pollMax: 32 });
  const slots = Int32Array.from({ length: 32 }, (_, i) => i);
  const batch: Buffer[] = [];
  const reasons = new Map<number, number>();
  const results = { bytes: 0, offsets: new Float64Array(32) };
  const flush = (): void => {
    const count = batch.length;
    if (decoder.decode(batch, slots, count) < count) decrypter.decrypt(batch, slots, count);
    for (let slot = 0; slot < count; slot++) {
      const status = table.status[slot] as number;
      reasons.set(status, (reasons.get(status) ?? 0) + 1);
      const { errorType, message } = Decoder.describe(status);
      assert.ok(status === 0 || errorTypes.includes(errorType));
      assert.ok(!message.includes(MARKED));
      const length = table.length[slot] as number;
      assert.ok(status === 0 ? length >= 2 && length <= 128 : length === 0, `${status} ${length}`);
      if (status !== 0) continue;
      const row = Int32Array.of(slot);
      const { bytes } = decoder.encodeResults(
        { topic: 't', partition: 0 },
        row,
        1,
        results.offsets,
        results.offsets,
        1,
      );
      JSON.parse(bytes.toString());
    }
    batch.length = 0;
  };
  await each('values', requests, (value) => {
    batch.push(value);
    if (batch.length === 32) flush();
  });
  flush();
  assert.ok(reasons.size >= 12, `only ${[...reasons.keys()]} were reached`);
});

test('encrypted texts: nothing damaged opens', async () => {
  const find = (id: string) => keyring.current.find(id);
  const forms = [token, encryptToken('', 'k1', key), encryptToken('x'.repeat(500), 'k1', key)];
  await each('tokens', forms, (input) => {
    const text = input.toString('latin1');
    if (forms.includes(text)) return;
    assert.equal(typeof decryptToken(text, find), 'string');
  });
});

const names = [
  'traceparent',
  'x-stage',
  'x-error-type',
  'x-attempts',
  'x-replay-count',
  'x-value-omitted-bytes',
]
  .concat([
    'kafka_dlt-original-topic',
    'kafka_dlt-original-partition',
    'kafka_dlt-original-offset',
    'kafka_dlt-',
  ])
  .concat(['__proto__', 'constructor', 'toString', '', 'x'.repeat(2000), 'ü']);

test('headers and keys: nobody can pretend to be a dead letter by halves, or stop a replay from being counted', () => {
  const random = new Random('headers');
  const queue = new DeadLetterQueue({ topic: 'dlq', now: () => 0 });
  const failure = {
    errorType: 'invalid_json',
    message: 'A sentence.',
    stage: 'decode',
    attempts: 1,
  } as const;
  const headerValue = (): Buffer | string | null =>
    random.pick<() => Buffer | string | null>([
      () => null,
      () => String(random.below(5)),
      () => random.bytes(random.below(30)),
      () => damage(random, Buffer.from('12'), Buffer.from(MARKED)),
    ])();
  for (let number = 0; number < cases.headers; number++) {
    const headers: MessageHeader[] = Array.from({ length: random.below(8) }, () =>
      Object.fromEntries([[random.pick(names), headerValue()]]),
    );
    const message: SourceMessage = {
      topic: 'requests',
      partition: 1,
      offset: number,
      value: random.bytes(4),
      key: headerValue(),
      headers,
      size: 4,
    };
    const record = queue.toRecord(message, failure);
    assert.equal(record.value, message.value);
    assert.equal(record.key, message.key ?? null);
    const letter = readDeadLetter({ ...message, ...record, topic: 'dlq', headers: record.headers });
    const failedBefore = headers.some((header) => Object.hasOwn(header, 'kafka_dlt-original-topic'));
    if (!failedBefore) {
      assert.deepEqual(letter.origin, { topic: 'requests', partition: 1, offset: number });
      assert.equal(letter.reason, 'invalid_json');
    }
    assert.ok(letter.replays >= 0);
    const next = replayHeaders({ ...message, headers: record.headers }, letter.replays + 1);
    const counts = next.flatMap((header) => header['x-replay-count'] ?? []);
    assert.deepEqual(counts, [String(letter.replays + 1)]);
  }
});
