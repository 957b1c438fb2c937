/** The cache as the decoder offers it: which texts are the same one, and what it does not take. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Decoder } from '../../../src/decode/decoder.ts';
import { makeDecoder } from './make-decoder.ts';

const ROWS = 16;

function decoderOf(texts: readonly string[], options: Parameters<typeof makeDecoder>[0] = {}) {
  const made = makeDecoder({ cacheBytes: 1 << 16, ...options });
  const slots = Int32Array.from(texts, (_, i) => i);
  made.decoder.decodeTexts(texts, slots, slots.length);
  return { ...made, slots };
}

function find(decoder: Decoder, slots: Int32Array): (number[] | undefined)[] {
  const logits = new Float32Array(2 * slots.length);
  const found = new Uint8Array(slots.length).fill(7);
  const hits = decoder.findCached(slots, slots.length, logits, found);
  assert.equal(
    hits,
    found.reduce((sum, each) => sum + each, 0),
  );
  return Array.from(found, (is, i) => (is === 1 ? [...logits.subarray(2 * i, 2 * i + 2)] : undefined));
}

test('texts with the same tokens are the same text, others are not', () => {
  const { decoder, slots } = decoderOf(['Good film', 'good  FILM', 'good films', 'film good', '']);
  decoder.keepCached(slots, 1, Float32Array.of(1, 2));
  assert.deepEqual(find(decoder, slots), [[1, 2], [1, 2], undefined, undefined, undefined]);
});

test('a text in windows is known as a whole, by all its tokens', () => {
  const long = 'one two three four five six seven eight nine';
  const { decoder, slots, table } = decoderOf([long, `${long} ten`, long, 'one two'], {
    maxTokens: 6,
    windowOverlap: 1,
  });
  assert.ok((table.windows[0] as number) > 1);
  decoder.keepCached(slots, 4, new Float32Array(8));
  assert.deepEqual(find(decoder, slots), [undefined, undefined, undefined, [0, 0]]);
  decoder.keepCached(Int32Array.of(16, 32), 2, new Float32Array(4)); // its windows
  decoder.keepCachedTexts(slots, 1, Float32Array.of(3, 4));
  assert.deepEqual(find(decoder, slots), [[3, 4], undefined, [3, 4], [0, 0]]);
});

test('wrong arguments, a decoder without a cache, one that is closed', () => {
  const { decoder, slots } = decoderOf(['a', 'b']);
  const logits = new Float32Array(4);
  const found = new Uint8Array(2);
  const misuse = { code: 'KS_ADDON_MISUSE' };
  const wrongSlots = [
    undefined,
    'ab',
    [0, 1],
    Int32Array.of(0),
    Int32Array.of(0, ROWS),
    Int32Array.of(-1, 0),
  ];
  for (const wrong of wrongSlots)
    assert.throws(() => decoder.findCached(wrong as Int32Array, 2, logits, found), misuse);
  for (const wrong of [undefined, 'ab', Int32Array.of(0), Int32Array.of(0, -1)])
    assert.throws(() => decoder.keepCached(wrong as Int32Array, 2, logits), misuse);
  for (const wrong of [undefined, -1, 3, 1.5, '1'])
    assert.throws(() => decoder.keepCachedTexts(slots, wrong as number, logits), misuse);
  for (const wrong of [undefined, new Float32Array(3), new Float64Array(4), [0, 0, 0, 0]]) {
    assert.throws(() => decoder.findCached(slots, 2, wrong as Float32Array, found), misuse);
    assert.throws(() => decoder.keepCached(slots, 2, wrong as Float32Array), misuse);
    assert.throws(() => decoder.keepCachedTexts(slots, 2, wrong as Float32Array), misuse);
  }
  for (const wrong of [undefined, new Uint8Array(1), new Int8Array(2)])
    assert.throws(() => decoder.findCached(slots, 2, logits, wrong as Uint8Array), misuse);
  assert.throws(() => makeDecoder().decoder.keepCached(slots, 0, logits), /without a cache/);
  for (const cacheBytes of [-1, 0.5, 2 ** 50]) assert.throws(() => makeDecoder({ cacheBytes }), misuse);
  decoder.close();
  assert.throws(() => decoder.findCached(slots, 2, logits, found), misuse);
});
