import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readTokenizerFile } from '../../../src/decode/tokenizer-file.ts';

/** A model directory with these files; objects are written as JSON. */
function directoryWith(t: TestContext, files: Record<string, string | object>): (name: string) => string {
  const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-tokenizer-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return (name) => join(folder, name);
}

const bertWords = '[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\ngood\n##ness\n';
const robertaWords = { '<s>': 0, '<pad>': 1, '</s>': 2, '<unk>': 3, '<mask>': 4, g: 5, o: 6, go: 7 };

test('a tokenizer.json is taken as it is', (t) => {
  const path = directoryWith(t, { 'tokenizer.json': '{"version": "1.0"}' });
  assert.equal(String(readTokenizerFile(path('tokenizer.json'))), '{"version": "1.0"}');
});

test('vocab.txt of BERT becomes a WordPiece tokenizer, settings of the directory included', (t) => {
  const path = directoryWith(t, {
    'config.json': { model_type: 'bert' },
    'vocab.txt': bertWords,
    'tokenizer_config.json': { do_lower_case: false },
  });
  const { model, normalizer, post_processor, added_tokens } = JSON.parse(
    String(readTokenizerFile(path('vocab.txt'))),
  );
  assert.equal(model.type, 'WordPiece');
  assert.deepEqual([model.vocab['[PAD]'], model.vocab['##ness']], [0, 6]);
  assert.equal(normalizer.lowercase, false);
  assert.deepEqual(post_processor, { type: 'BertProcessing', cls: ['[CLS]', 2], sep: ['[SEP]', 3] });
  assert.equal(added_tokens.length, 5);
});

test('vocab.json and merges.txt of RoBERTa become a byte-level BPE tokenizer', (t) => {
  const path = directoryWith(t, {
    'config.json': { model_type: 'roberta' },
    'vocab.json': robertaWords,
    'merges.txt': '#version: 0.2\r\ng o\r\n',
  });
  const { model, post_processor, added_tokens } = JSON.parse(String(readTokenizerFile(path('vocab.json'))));
  assert.deepEqual(model, { type: 'BPE', vocab: robertaWords, merges: ['g o'] });
  assert.deepEqual(
    [post_processor.cls, post_processor.sep],
    [
      ['<s>', 0],
      ['</s>', 2],
    ],
  );
  const mask = added_tokens.find(({ content }: { content: string }) => content === '<mask>');
  assert.deepEqual([mask.id, mask.lstrip, mask.special], [4, true, true]);
});

test('GPT-2 has no token at the beginning or the end of a text', (t) => {
  const path = directoryWith(t, {
    'config.json': { model_type: 'gpt2' },
    'vocab.json': { '<|endoftext|>': 0, g: 1 },
    'merges.txt': '#version: 0.2\n',
  });
  assert.equal(JSON.parse(String(readTokenizerFile(path('vocab.json')))).post_processor, null);
});

test('what is missing or cannot be read right is refused with its name', (t) => {
  const bert = { 'config.json': { model_type: 'bert' }, 'vocab.txt': bertWords };
  const cases: [Record<string, string | object>, string, string, RegExp][] = [
    [{}, 'tokenizer.json', 'KS_MODEL_NOT_FOUND', /Cannot read .*tokenizer\.json/],
    [{ 'vocab.txt': bertWords }, 'vocab.txt', 'KS_MODEL_NOT_FOUND', /Cannot read .*config\.json/],
    [{ ...bert, 'config.json': '{' }, 'vocab.txt', 'KS_MODEL_INVALID', /config\.json is not JSON/],
    [{ ...bert, 'vocab.txt': '[PAD]\n[UNK]\n' }, 'vocab.txt', 'KS_MODEL_INVALID', /the vocabulary lacks \[/],
    [{ ...bert, 'config.json': { model_type: 'ctrl' } }, 'vocab.txt', 'KS_MODEL_UNSUPPORTED', /"ctrl" model/],
    [{ ...bert, 'added_tokens.json': {} }, 'vocab.txt', 'KS_MODEL_UNSUPPORTED', /added_tokens\.json/],
  ];
  for (const [files, name, code, message] of cases) {
    const path = directoryWith(t, files);
    assert.throws(() => readTokenizerFile(path(name)), { code, message });
  }
});
