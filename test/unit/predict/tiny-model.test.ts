/** What `models/tiny` promises: the labels of `models/default` in a third of its size, and no word that is lost. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { StreamProcessor } from '../../../src/predict/stream-processor.ts';
import { root } from '../../helpers/paths.ts';

const MEGABYTES_MAX = 3.5;
const folder = join(root, 'models/tiny');
const tiny = await StreamProcessor.create({ model: folder, threads: 1 });
const base = await StreamProcessor.create({ model: join(root, 'models/default'), threads: 1 });
after(async () => {
  await tiny.close();
  await base.close();
});

test('praise and blame', async () => {
  const expected: [string, string][] = [
    ['A warm, funny and moving film.', 'POSITIVE'],
    ['What a lovely day', 'POSITIVE'],
    ['Dull, predictable and far too long.', 'NEGATIVE'],
    ['not good at all', 'NEGATIVE'],
  ];
  const predictions = await tiny.predict(expected.map(([text]) => text));
  assert.deepEqual(
    predictions.map(({ label }) => label),
    expected.map(([, label]) => label),
  );
});

test('all its files together are as small as its card says', () => {
  const bytes = readdirSync(folder).map((name) => statSync(join(folder, name)).size);
  assert.ok(bytes.reduce((sum, each) => sum + each, 0) <= MEGABYTES_MAX * 1e6);
});

test('no word is unknown that is not unknown to models/default', () => {
  const pieces = Object.keys(vocabulary('default')).filter((piece) => !/^\[|^##/.test(piece));
  assert.ok(pieces.length > 20_000);
  const texts = [...chunks(pieces), 'electroencephalographically', 'привет мир', '日本語', 'naïve ½ @ £3 😀'];
  const count = (rows: number[][], unknown: number): number[] =>
    rows.map((ids) => ids.filter((id) => id === unknown).length);
  assert.deepEqual(
    count(tiny.tokenize(texts), vocabulary('tiny')['[UNK]'] ?? -1),
    count(base.tokenize(texts), vocabulary('default')['[UNK]'] ?? -1),
  );
});

test('a score is the same alone and among others', async () => {
  const texts = ['fine', 'It was a joy, unbelievably so, from the first minute to the last one.', ''];
  const together = await tiny.predict(texts);
  for (const [i, text] of texts.entries()) {
    const [alone] = await tiny.predict([text]);
    assert.equal(alone?.score, together[i]?.score);
  }
});

function vocabulary(name: string): Record<string, number> {
  const text = readFileSync(join(root, 'models', name, 'tokenizer.json'), 'utf8');
  return (JSON.parse(text) as { model: { vocab: Record<string, number> } }).model.vocab;
}

/** Texts of thirty words: fewer tokens than are read of one. */
function chunks(words: readonly string[]): string[] {
  return Array.from({ length: Math.ceil(words.length / 30) }, (_, i) =>
    words.slice(30 * i, 30 * i + 30).join(' '),
  );
}
