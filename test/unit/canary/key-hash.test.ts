import assert from 'node:assert/strict';
import { test } from 'node:test';
import { murmur3, positionOf } from '../../../src/canary/key-hash.ts';

const message = (key: Buffer | string | null, offset = 0) => ({
  ...{ topic: 't', partition: 1, offset, key, value: null, size: 0 },
});

test('the hash is MurmurHash3, as other programs know it', () => {
  for (const [text, seed, hash] of [
    ['', 0, 0],
    ['', 1, 0x514e28b7],
    ['hello', 0, 0x248bfa47],
    ['hello, world', 0, 0x149bbb7f],
    ['19 Jan 2038 at 3:14:07 AM', 0, 0xe31e8a70],
    ['The quick brown fox jumps over the lazy dog.', 0, 0xd5c48bfc],
  ] as const)
    assert.equal(murmur3(Buffer.from(text), seed), hash, text);
});

test('a key stands at the same place everywhere, as text or bytes', () => {
  const place = positionOf(message(Buffer.from('user-7'), 1));
  assert.equal(positionOf(message('user-7', 99)), place);
  assert.equal(place, murmur3(Buffer.from('user-7')) / 2 ** 32);
  assert.equal(positionOf(message(Buffer.alloc(0))), 0, 'an empty key is a key');
});

test('a message without a key stands at its place, again when it is read again', () => {
  assert.equal(positionOf(message(null, 5)), positionOf(message(null, 5)));
  const places = new Set(Array.from({ length: 1_000 }, (_, offset) => positionOf(message(null, offset))));
  assert.ok(places.size > 990);
});

test('a share of the keys is about that share of them, and a larger share has all keys of a smaller one', () => {
  for (const share of [0.01, 0.2, 0.5]) {
    const chosen = Array.from({ length: 100_000 }, (_, i) => positionOf(message(`user-${i}`))).filter(
      (position) => position < share,
    );
    const deviation = Math.sqrt(share * (1 - share) * 100_000);
    assert.ok(Math.abs(chosen.length - share * 100_000) < 4 * deviation, `${share}: ${chosen.length}`);
  }
});
