/** Tokens against the npm package jose, both ways, and every token that must not be decrypted. */
import assert from 'node:assert/strict';
import { createCipheriv, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { CompactEncrypt, compactDecrypt } from 'jose';
import { decryptToken, encryptToken } from '../../../src/crypto/jwe.ts';

const raw = randomBytes(32);
const key = createSecretKey(raw);
const other = createSecretKey(randomBytes(32));
const find = (id: string): KeyObject | undefined => (id === 'k1' ? key : id === 'other' ? other : undefined);
const outcome = (token: string): string => {
  const decrypted = decryptToken(token, find);
  return typeof decrypted === 'string' ? decrypted : `text ${decrypted.toString()}`;
};
const base64url = (text: string | Buffer): string => Buffer.from(text as string).toString('base64url');

/** A token with any header, authentic for the key. */
function tokenWith(header: string, text = 'fine', withKey: KeyObject = key): string {
  const iv = randomBytes(12);
  const aad = base64url(header);
  const cipher = createCipheriv('aes-256-gcm', withKey, iv).setAAD(Buffer.from(aad));
  const bytes = Buffer.concat([cipher.update(text), cipher.final()]);
  return `${aad}..${base64url(iv)}.${base64url(bytes)}.${base64url(cipher.getAuthTag())}`;
}
const good = '{"alg":"dir","enc":"A256GCM","kid":"k1"}';

test('jose decrypts what we encrypt', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 300 }), async (text) => {
      const { plaintext, protectedHeader } = await compactDecrypt(encryptToken(text, 'k1', key), raw);
      assert.equal(Buffer.from(plaintext).toString(), text);
      assert.deepEqual(protectedHeader, { alg: 'dir', enc: 'A256GCM', kid: 'k1' });
    }),
    { numRuns: 200, seed: 1 },
  );
});

test('we decrypt what jose encrypts, whatever the order of its header', async () => {
  const headers = [
    { alg: 'dir', enc: 'A256GCM', kid: 'k1' },
    { kid: 'k1', enc: 'A256GCM', alg: 'dir' },
    { typ: 'JWE', alg: 'dir', enc: 'A256GCM', kid: 'k1' },
  ];
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 300 }), fc.nat(2), async (text, which) => {
      const token = await new CompactEncrypt(new TextEncoder().encode(text))
        .setProtectedHeader(headers[which] as { alg: string; enc: string })
        .encrypt(raw);
      assert.equal(outcome(token), `text ${text}`);
    }),
    { numRuns: 200, seed: 2 },
  );
});

test('nothing but dir, A256GCM and a key id is taken, authentic or not', () => {
  assert.equal(outcome(tokenWith(good)), 'text fine');
  const headers = [
    '{"alg":"A256GCMKW","enc":"A256GCM","kid":"k1"}',
    '{"alg":"none","enc":"A256GCM","kid":"k1"}',
    '{"alg":"RSA1_5","enc":"A256GCM","kid":"k1"}',
    '{"alg":"DIR","enc":"A256GCM","kid":"k1"}',
    '{"alg":"dir","enc":"A128GCM","kid":"k1"}',
    '{"alg":"dir","enc":"A128CBC-HS256","kid":"k1"}',
    '{"alg":"dir","kid":"k1"}',
    '{"enc":"A256GCM","kid":"k1"}',
    '{"alg":"dir","enc":"A256GCM"}',
    '{"alg":"dir","enc":"A256GCM","kid":1}',
    '{"alg":"dir","enc":"A256GCM","kid":null}',
    '{"alg":"dir","enc":"A256GCM","kid":["k1"]}',
    '{"alg":"dir","enc":"A256GCM","kid":"k1","zip":"DEF"}',
    '{"alg":"dir","enc":"A256GCM","kid":"k1","crit":["exp"],"exp":1}',
    '{"alg":"dir","enc":"A256GCM","kid":"k1","crit":[]}',
    '{"alg":"dir","enc":"A256GCM","kid":"k1","jwk":{}}',
    '{"alg":"dir","enc":"A256GCM","kid":"k1","jku":"https://example.com/keys"}',
    '{"alg":"dir","enc":"A256GCM","kid":"k1","typ":"JWT"}',
    '{"alg":"dir","enc":"A256GCM","kid":"k1","__proto__":{}}',
    '["dir","A256GCM","k1"]',
    '"dir"',
    'null',
    '1',
    '{"alg":"dir","enc":"A256GCM","kid":"k1"',
    `${good} {}`,
    `{"alg":"dir","enc":"A256GCM","kid":"k1"${' '.repeat(2000)}}`,
  ];
  for (const header of headers) assert.equal(outcome(tokenWith(header)), 'token', header.slice(0, 80));
});

test('another key, an unknown key', () => {
  assert.equal(outcome(encryptToken('fine', 'k2', key)), 'key');
  assert.equal(outcome(encryptToken('fine', '__proto__', key)), 'key');
  assert.equal(outcome(encryptToken('fine', 'other', key)), 'forged');
  assert.equal(outcome(encryptToken('fine', 'other', other)), 'text fine');
});

test('a token that is cut, repeated or padded anywhere does not open', () => {
  const token = encryptToken('The weather was fine.', 'k1', key);
  for (let end = 0; end < token.length; end++) {
    assert.ok(!outcome(token.slice(0, end)).startsWith('text'), `first ${end}`);
    assert.ok(!outcome(token.slice(0, end) + token.slice(end + 1)).startsWith('text'), `without ${end}`);
  }
  const parts = token.split('.');
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] as string;
    for (const wrong of [
      [...parts.slice(0, i), part, part, ...parts.slice(i + 1)],
      [...parts.slice(0, i), ...parts.slice(i + 1)],
      [...parts.slice(0, i), `${part}=`, ...parts.slice(i + 1)],
      [...parts.slice(0, i), `${part}\n`, ...parts.slice(i + 1)],
      [...parts.slice(0, i), ` ${part}`, ...parts.slice(i + 1)],
      [...parts.slice(0, i), `${part}+`, ...parts.slice(i + 1)],
      [...parts.slice(0, i), `${part}A`, ...parts.slice(i + 1)],
    ]) {
      assert.ok(!outcome(wrong.join('.')).startsWith('text'), wrong.join('.'));
    }
  }
  assert.equal(outcome(`${token}.`), 'token');
  assert.equal(outcome(token + token), 'token');
});

test('bytes have one spelling: other spellings of the same bytes are refused', () => {
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const token = encryptToken('fine!', 'k1', key); // 5 bytes: seven digits, of which the last holds two spare bits
  const parts = token.split('.');
  for (const [index, spare] of [
    [3, 4],
    [4, 16],
  ] as const) {
    const part = parts[index] as string;
    const value = digits.indexOf(part.at(-1) as string);
    for (let bits = 1; bits < spare; bits++) {
      const same = [...parts];
      same[index] = part.slice(0, -1) + digits[value + bits];
      assert.equal(outcome(same.join('.')), 'token', `${index}, ${bits}`);
    }
  }
  const iv = parts.map((part, i) => (i === 2 ? part.replaceAll('-', '+').replaceAll('_', '/') : part));
  if (iv[2] !== parts[2]) assert.equal(outcome(iv.join('.')), 'token');
});

test('one changed bit anywhere does not open', () => {
  const token = encryptToken('fine', 'k1', key);
  const bytes = Buffer.from(token);
  for (let at = 0; at < bytes.length; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] as number) ^ (1 << bit);
      assert.ok(!outcome(changed.toString('latin1')).startsWith('text'), `${at}.${bit}`);
    }
  }
});

test('tokens of any size are answered', () => {
  const long = 'x'.repeat(8 * 1024 * 1024);
  assert.equal(outcome(encryptToken(long, 'k1', key)), `text ${long}`);
  assert.equal(outcome(encryptToken('', 'k1', key)), 'text ');
  for (const token of [
    long,
    `${long}..`,
    `a..${'b'.repeat(16)}.${long}.`,
    '.'.repeat(1 << 20),
    'a..'.repeat(1 << 20),
  ]) {
    assert.equal(outcome(token), 'token');
  }
});

test('many different headers are forgotten again', () => {
  for (let i = 0; i < 2000; i++) assert.equal(outcome(encryptToken('fine', `unknown-${i}`, key)), 'key');
  assert.equal(outcome(encryptToken('fine', 'k1', key)), 'text fine');
});
