/** Token ids against those of Hugging Face `tokenizers`, from a fixture that test/fixtures/tokenizer makes. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { Flag, SlotTable } from '../../../src/slots.ts';
import { root } from '../../helpers/paths.ts';
import { makeDecoder, tokenizerPath } from './make-decoder.ts';

interface Variant {
  name: string;
  maxTokens: number;
  /** A trained tokenizer beside the fixture; without it the shipped one. */
  file?: string;
  normalizersBehind?: object[];
  normalizer?: object;
  pre_tokenizer?: object;
  added_tokens?: object[];
  /** Of the file's model. */
  model_changes?: object;
}
type Case = [text: string, ids: number[], truncated: boolean];

const fixtures = join(root, 'test/fixtures/tokenizer');
const variants: { variant: Variant; cases: Case[] }[] = [];
for (const line of readFileSync(join(fixtures, 'parity.jsonl'), 'utf8').trim().split('\n')) {
  const entry = JSON.parse(line) as Variant | Case;
  if (Array.isArray(entry)) variants.at(-1)?.cases.push(entry);
  else variants.push({ variant: entry, cases: [] });
}

test('the fixture is there', () => assert.equal(variants.length, 50));

function tokenizerOf(variant: Variant): object {
  const { name: _, maxTokens: __, file, normalizersBehind, model_changes, ...changes } = variant;
  const bytes = file ? gunzipSync(readFileSync(join(fixtures, file))) : readFileSync(tokenizerPath);
  const tokenizer = { ...JSON.parse(bytes.toString('utf8')), ...changes };
  Object.assign(tokenizer.model, model_changes);
  if (normalizersBehind === undefined) return tokenizer;
  const normalizers = [tokenizer.normalizer, ...normalizersBehind];
  return { ...tokenizer, normalizer: { type: 'Sequence', normalizers } };
}

for (const { variant, cases } of variants) {
  const { name, maxTokens } = variant;
  test(`token ids equal those of Hugging Face: ${name} (${cases.length} texts)`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-tokenizer-'));
    const path = join(folder, 'tokenizer.json');
    writeFileSync(path, JSON.stringify(tokenizerOf(variant)));
    const { decoder, table } = makeDecoder({ tokenizerPath: path, maxTokens }, new SlotTable(cases.length));
    rmSync(folder, { recursive: true });

    const slots = Int32Array.from(cases, (_, index) => index);
    const texts = cases.map(([text]) => text);
    const requests = texts.map((text) => Buffer.from(JSON.stringify({ text })));
    for (const run of [
      () => decoder.decode(requests, slots, slots.length),
      () => decoder.decodeTexts(texts, slots, slots.length),
    ]) {
      table.length.fill(0);
      assert.equal(run(), cases.length);
      for (const [slot, [text, found, truncated]] of cases.entries()) {
        const ids = found.length > 0 ? found : [0]; // a text without tokens is a row of padding
        const shown = JSON.stringify(text);
        assert.deepEqual([...decoder.tokens(slot)], ids, shown);
        assert.equal(table.length[slot], ids.length, shown);
        assert.equal(((table.flags[slot] as number) & Flag.truncated) !== 0, truncated, shown);
      }
    }
    decoder.close();
  });
}
