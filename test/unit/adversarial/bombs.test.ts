/** Small files that ask for much work or memory, and names that want to be something else. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { IdWindow } from '../../../src/consume/id-window.ts';
import { Decoder } from '../../../src/decode/decoder.ts';
import { KubesentimentError } from '../../../src/errors.ts';
import { readModel } from '../../../src/infer/model.ts';
import { MetricsRegistry } from '../../../src/metrics/registry.ts';
import { SlotTable } from '../../../src/slots.ts';
import { fakeSource } from '../metrics/fake-source.ts';

const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-bombs-'));
after(() => rmSync(folder, { recursive: true }));

const wordPiece = {
  type: 'WordPiece',
  unk_token: '[UNK]',
  continuing_subword_prefix: '##',
  max_input_chars_per_word: 100,
  vocab: { '[UNK]': 0, good: 1, '##good': 2 },
};
const tokenizerOf = (more: object) => ({
  version: '1.0',
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: { type: 'BertPreTokenizer' },
  post_processor: null,
  model: wordPiece,
  ...more,
});
const regex = (pattern: string) => ({
  type: 'Split',
  pattern: { Regex: pattern },
  behavior: 'Isolated',
  invert: false,
});

const nested = (levels: number): string => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
/** Each is a file, or what it is made of. */
const bombs: Readonly<Record<string, string | object>> = {
  'a hundred thousand levels': nested(100_000),
  'sequences inside of sequences': JSON.stringify(tokenizerOf({ normalizer: 'inner' })).replace(
    '"inner"',
    `${'{"type":"Sequence","normalizers":['.repeat(10_000)}{"type":"Nmt"}${']}'.repeat(10_000)}`,
  ),
  'an id of ten million': tokenizerOf({ model: { ...wordPiece, vocab: { '[UNK]': 0, good: 10_000_000 } } }),
  'an id beyond all numbers': tokenizerOf({ model: { ...wordPiece, vocab: { '[UNK]': 0, good: 1e300 } } }),
  'a negative id': tokenizerOf({ model: { ...wordPiece, vocab: { '[UNK]': 0, good: -1 } } }),
  'no vocabulary': tokenizerOf({ model: { ...wordPiece, vocab: {} } }),
  'a token without characters': tokenizerOf({
    model: { ...wordPiece, vocab: { '[UNK]': 0, '': 1, '##': 2 } },
  }),
  'merges that make themselves': tokenizerOf({
    model: {
      type: 'BPE',
      vocab: { a: 0, b: 1, ab: 2, aba: 3 },
      merges: ['a b', 'ab a', 'aba ab', 'a a', 'a b', 'ab a'],
    },
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
  }),
  'a charsmap of garbage': tokenizerOf({
    normalizer: { type: 'Precompiled', precompiled_charsmap: Buffer.alloc(9_999, 0xff).toString('base64') },
  }),
  'a charsmap that is longer than it is': tokenizerOf({
    normalizer: {
      type: 'Precompiled',
      precompiled_charsmap: Buffer.from([0xff, 0xff, 0xff, 0x7f]).toString('base64'),
    },
  }),
  'a catastrophic regular expression': tokenizerOf({ pre_tokenizer: regex('(a+)+$') }),
  'a replacement that grows': tokenizerOf({
    normalizer: { type: 'Replace', pattern: { String: '' }, content: 'aaaaaaaa' },
  }),
  'replacements that double': tokenizerOf({
    normalizer: {
      type: 'Sequence',
      normalizers: Array(64).fill({ type: 'Replace', pattern: { String: 'a' }, content: 'aa' }),
    },
  }),
  '100,000 added tokens': tokenizerOf({
    added_tokens: Array.from({ length: 100_000 }, (_, id) => {
      return {
        id,
        content: `a${id}`,
        single_word: false,
        lstrip: false,
        rstrip: false,
        normalized: false,
        special: true,
      };
    }),
  }),
};

for (const [name, file] of Object.entries(bombs)) {
  test(`a tokenizer with ${name} is refused with a reason, or works`, () => {
    const tokenizerPath = join(folder, 'tokenizer.json');
    writeFileSync(tokenizerPath, typeof file === 'string' ? file : JSON.stringify(file));
    const table = new SlotTable(4);
    const texts = ['', 'a'.repeat(60_000), 'good '.repeat(10_000), `${'a'.repeat(40)}!`];
    try {
      const decoder = new Decoder({
        ...{ tokenizerPath, table, maxTokens: 16, maxMessageBytes: 1_000_000, maxDepth: 8 },
        ...{ labels: ['A', 'B'], modelName: 'm', modelVersion: '1' },
      });
      decoder.decodeTexts(texts, Int32Array.of(0, 1, 2, 3), texts.length);
      for (let slot = 0; slot < texts.length; slot++) assert.ok((table.length[slot] as number) <= 16);
      decoder.close();
    } catch (error) {
      assert.ok(error instanceof KubesentimentError && error.code.startsWith('KS_MODEL_'), String(error));
      assert.ok(error.message.length < 1_000, 'it does not quote the file');
    }
  });
}

test('symbolic links in a model directory that lead nowhere, or in a circle, are refused with a reason', () => {
  const directory = mkdtempSync(join(folder, 'model-'));
  symlinkSync('config.json', join(directory, 'config.json'));
  symlinkSync(join(directory, 'nowhere'), join(directory, 'tokenizer.json'));
  symlinkSync('.', join(directory, 'onnx'));
  assert.throws(() => readModel(directory, { maxLength: 16 }), { code: /^KS_MODEL_/ });
});

test('names of topics and groups cannot forge a metric', async () => {
  const evil = 'A"} 1\nkubesentiment_forged{x="\\';
  const source = { ...fakeSource(), labels: { topic: evil, consumerGroup: evil } };
  const { body: text } = await new MetricsRegistry(source).text(undefined);
  assert.ok(text.includes('kafka_messages_consumed_total'));
  assert.ok(!text.split('\n').some((line) => line.startsWith('kubesentiment_forged')), 'a line of its own');
});

test('huge ids take no more room than short ones', () => {
  const window = new IdWindow({ capacity: 1_000, ttlS: 60 });
  for (let i = 0; i < 50_000; i++) window.isDuplicate(i, i + 1, 't', 0, i, 1); // what native code makes of any id
  assert.equal(window.isDuplicate(49_999, 50_000, 't', 0, 60_000, 1), true);
  assert.equal(window.isDuplicate(1, 2, 't', 0, 60_001, 1), false, 'forgotten');
});
