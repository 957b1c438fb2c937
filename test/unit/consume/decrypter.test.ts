/** Encrypted requests through the real decoder: the same rows as plain ones, and every failure by its name. */
import assert from 'node:assert/strict';
import { createCipheriv, createSecretKey, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { encryptToken } from '../../../src/crypto/jwe.ts';
import { Keyring } from '../../../src/crypto/keyring.ts';
import { Decoder } from '../../../src/decode/decoder.ts';
import { holdsNoPlainText, Decrypter } from '../../../src/consume/decrypter.ts';
import { Flag, SlotTable } from '../../../src/slots.ts';
import { makeDecoder } from '../decode/make-decoder.ts';

const raw = randomBytes(32);
const key = createSecretKey(raw);
const stranger = createSecretKey(randomBytes(32));
const keyring = Keyring.parse(JSON.stringify({ k1: raw.toString('base64') }));
const request = (text: string, more: object = {}) =>
  Buffer.from(JSON.stringify({ id: 'x', text, encryption_version: 'v1', ...more }));

/** `token` with another authentication tag: 22 characters, at its end. */
function withAnotherTag(token: string): string {
  return `${token.slice(0, -22)}${token.at(-22) === 'A' ? 'B' : 'A'}${token.slice(-21)}`;
}

function setUp(encryptedOnly = false) {
  const table = new SlotTable(1200);
  const { decoder } = makeDecoder({ encryptedOnly }, table);
  const source = { current: keyring, reread: () => false };
  const decrypter = new Decrypter({ table, decoder, keyring: source, pollMax: 1100 });
  const run = (values: (Buffer | null)[]): string[] => {
    const slots = Int32Array.from(values, (_, i) => values.length - i);
    if (decoder.decode(values, slots, values.length) < values.length)
      decrypter.decrypt(values, slots, values.length);
    return Array.from(slots, (slot) => {
      const status = table.status[slot] as number;
      return status === 0 ? decoder.tokens(slot).join() : Decoder.describe(status).errorType;
    });
  };
  return { table, decoder, run };
}

const texts = ['good', '', 'grüß dich 😀', 'a "quoted"\nline', 'x '.repeat(500), 'x'.repeat(90_000)];

test('an encrypted request is the row of its text, among plain and broken ones', () => {
  const { run, table, decoder } = setUp();
  const plain = run(texts.map((text) => request(text, { encryption_version: undefined })));
  assert.equal(new Set(plain).size, texts.length);
  const mixed: (Buffer | null)[] = [];
  for (const text of texts)
    mixed.push(request(encryptToken(text, 'k1', key)), Buffer.from('{'), null, request('no token'));
  const rows = run(mixed);
  assert.deepEqual(
    rows.filter((_, i) => i % 4 === 0),
    plain,
  );
  for (let i = 1; i < rows.length; i += 4) {
    assert.deepEqual(rows.slice(i, i + 3), ['invalid_json', 'invalid_message', 'decrypt_failed']);
  }
  run([request(encryptToken('x '.repeat(500), 'k1', key), { priority: 'high', timestamp: 5, id: 'my-id' })]);
  assert.equal(table.flags[1], Flag.truncated | Flag.priorityHigh);
  table.label[1] = 0;
  const at = new Float64Array(1);
  const { bytes } = decoder.encodeResults({ topic: 't', partition: 0 }, Int32Array.of(1), 1, at, at, 1);
  const { id, timestamp } = JSON.parse(bytes.toString());
  assert.deepEqual({ id, timestamp }, { id: 'my-id', timestamp: 5 });
});

test('a token written with JSON escapes is the same token', () => {
  const token = encryptToken('good', 'k1', key);
  const escaped = [...token].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
  const { run } = setUp();
  const [row] = run([Buffer.from(`{"text":"${escaped}","encryption_version":"\\u0076\\u0031"}`)]);
  assert.deepEqual([row], run([request('good', { encryption_version: undefined })]));
});

test('a poll full of encrypted requests', () => {
  const { run } = setUp();
  const one = run([request('number 17', { encryption_version: undefined })])[0];
  const rows = run(Array.from({ length: 1000 }, (_, i) => request(encryptToken(`number ${i}`, 'k1', key))));
  assert.equal(rows[17], one);
  assert.ok(!rows.includes('decrypt_failed'));
});

test('every way to fail is decrypt_failed, with a sentence of its own', () => {
  const { table, decoder, run } = setUp();
  const token = encryptToken('good', 'k1', key);
  const notUtf8 = encryptBytes(Buffer.from('61ff', 'hex'));
  const cases: [Buffer, RegExp][] = [
    [request('no token'), /not a JWE/],
    [request(token, { encryption_version: 'v2' }), /encryption_version/],
    [request(token, { encryption_version: 1 }), /encryption_version/],
    [request(token, { encryption_version: true }), /encryption_version/],
    [request(token, { encryption_version: ['v1'] }), /encryption_version/],
    [request(token, { encryption_version: '' }), /encryption_version/],
    [request(encryptToken('good', 'k2', key)), /no key with the id/],
    [request(encryptToken('good', 'k1', stranger)), /does not match its key/],
    [request(withAnotherTag(token)), /does not match its key/],
    [request(notUtf8), /not valid UTF-8/],
    [request('日本語\\"'), /not a JWE/],
  ];
  for (const [value, sentence] of cases) {
    assert.deepEqual(run([value]), ['decrypt_failed']);
    assert.match(Decoder.describe(table.status[1] as number).message, sentence);
  }
  decoder.decode([request(token)], Int32Array.of(1), 1);
  const { errorType, message } = Decoder.describe(table.status[1] as number);
  assert.deepEqual(
    [errorType, /there is no keyring/.test(message)],
    ['decrypt_failed', true],
    'nobody decrypts',
  );
});

test('encryption_version null is no encryption, and the last of several counts', () => {
  const { run } = setUp();
  const plain = run([request('good', { encryption_version: undefined })]);
  assert.deepEqual(run([request('good', { encryption_version: null })]), plain);
  const token = encryptToken('good', 'k1', key);
  assert.deepEqual(
    run([Buffer.from(`{"encryption_version":"v2","text":"${token}","encryption_version":"v1"}`)]),
    plain,
  );
  assert.deepEqual(
    run([Buffer.from(`{"encryption_version":"v1","text":"good","encryption_version":null}`)]),
    plain,
  );
});

test('where encryption is required, plain requests are refused, and only cipher text is kept', () => {
  const { table, run } = setUp(true);
  const values = [
    request('good', { encryption_version: undefined }),
    request('good', { encryption_version: null }),
    Buffer.from('{"text":"good"'),
    request('good'),
    request('good', { encryption_version: 'v9' }),
  ];
  for (const value of values) {
    assert.match(run([value])[0] as string, /decrypt_failed|invalid_json/);
    assert.equal(holdsNoPlainText(table.status[1] as number), false, value.toString());
  }
  for (const value of [request(encryptToken('good', 'k1', key)), request(encryptToken('good', 'k2', key))]) {
    run([value]);
    assert.equal(holdsNoPlainText(table.status[1] as number), true);
  }
});

/** What an encryptor other than ours could encrypt: any bytes. */
function encryptBytes(bytes: Buffer): string {
  const [header = ''] = encryptToken('', 'k1', key).split('.');
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(header));
  const encrypted = Buffer.concat([cipher.update(bytes), cipher.final()]);
  const parts = [iv, encrypted, cipher.getAuthTag()].map((part) => part.toString('base64url'));
  return `${header}..${parts.join('.')}`;
}
