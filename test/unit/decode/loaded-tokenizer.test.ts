/** A tokenizer that is loaded in another thread: the same as one that is loaded here, also when it is wrong. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadBinding } from '../../../src/decode/binding.ts';
import { LoadedTokenizer, readTokenizer } from '../../../src/decode/loaded-tokenizer.ts';
import { highestIds } from '../../../src/decode/tokenizer-file.ts';
import { root } from '../../helpers/paths.ts';
import { makeDecoder, tokenizerPath } from './make-decoder.ts';

const texts = ['good', 'It was a joy, unbelievably so.', '¡Qué película!', ''];

function idsOf({ decoder }: ReturnType<typeof makeDecoder>): number[][] {
  const slots = Int32Array.from(texts.keys());
  decoder.decodeTexts(texts, slots, texts.length);
  return texts.map((_, slot) => [...decoder.tokens(slot)]);
}

test('decoders that are made with it read texts as others do, and go on when it is closed', async () => {
  const places = [
    'models/default/tokenizer.json',
    'models/general/tokenizer.json',
    'models/tiny/tokenizer.json',
    'models/accurate/vocab.txt',
  ];
  for (const place of places) {
    const path = join(root, place);
    const tokenizer = await LoadedTokenizer.load(readTokenizer(path), 3);
    assert.deepEqual(tokenizer.highestIds, highestIds(path), place);
    const options = { tokenizerPath: path, tokenizer };
    const decoders = [makeDecoder(options), makeDecoder(options)];
    const expected = idsOf(makeDecoder({ tokenizerPath: path }));
    tokenizer.close();
    for (const decoder of decoders) assert.deepEqual(idsOf(decoder), expected, place);
    decoders[0]?.decoder.close();
    assert.deepEqual(idsOf(decoders[1] as ReturnType<typeof makeDecoder>), expected, place);
    assert.throws(() => makeDecoder(options), { code: 'KS_ADDON_MISUSE' }, 'it is closed');
  }
});

test('its bytes can be moved to another thread', () => {
  const { bytes } = readTokenizer(tokenizerPath);
  assert.equal(bytes.byteLength, bytes.buffer.byteLength);
  const moved = structuredClone(bytes, { transfer: [bytes.buffer as ArrayBuffer] });
  assert.ok(moved.byteLength > 500_000 && bytes.byteLength === 0);
});

test('a file that is wrong is refused in the same words as by a decoder', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-tokenizer-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'tokenizer.json');
  for (const text of ['', '{"model":', '[]', '{}', '{"model":{"type":"Other"}}']) {
    writeFileSync(path, text);
    let found: unknown;
    try {
      makeDecoder({ tokenizerPath: path });
    } catch (error) {
      found = error;
    }
    const { code, message, remedy } = found as { code: string; message: string; remedy: string };
    assert.match(code, /^KS_MODEL_/);
    await assert.rejects(LoadedTokenizer.load(readTokenizer(path), 2), { code, message, remedy });
  }
});

test('wrong arguments are refused, and numbers that nobody has', async () => {
  const { loadTokenizer, dropTokenizer } = loadBinding();
  for (const wrong of [undefined, null, 5, 'x', [], {}, new Int8Array(3)])
    assert.throws(() => loadTokenizer(wrong as never, 1), { code: 'KS_ADDON_MISUSE' });
  for (const wrong of [undefined, null, 'x', {}, -1, 0, 0.5, Number.NaN, 17, 1n])
    assert.throws(() => loadTokenizer(Buffer.from('{}'), wrong as never), { code: 'KS_ADDON_MISUSE' });
  for (const wrong of [undefined, null, 'x', {}, -1, 0, 0.5, Number.NaN, 2 ** 31, 1n])
    assert.throws(() => dropTokenizer(wrong as never), { code: 'KS_ADDON_MISUSE' });
  dropTokenizer(2 ** 31 - 1); // nobody has it, and nothing happens
  const none = {
    number: 2 ** 31 - 1,
    highestIds: { vocabulary: 1, addedTokens: 1 },
    close: () => undefined,
  } as unknown as LoadedTokenizer;
  assert.throws(() => makeDecoder({ tokenizer: none }), { code: 'KS_ADDON_MISUSE' });
});

test('many at once', async () => {
  const file = readTokenizer(tokenizerPath);
  const loaded = await Promise.all(Array.from({ length: 8 }, () => LoadedTokenizer.load(file, 1)));
  assert.equal(new Set(loaded.map(({ number }) => number)).size, 8);
  for (const tokenizer of loaded) makeDecoder({ tokenizer });
  for (const tokenizer of loaded) {
    assert.throws(() => makeDecoder({ tokenizer }), { code: 'KS_ADDON_MISUSE' }, 'it was taken');
    tokenizer.close();
  }
});
