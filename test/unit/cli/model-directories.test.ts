/** Model directories as the Hugging Face hub has them, with small tokenizers, through the command. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { root } from '../../helpers/paths.ts';

const fixtures = join(root, 'test/fixtures/tokenizer');
const config = {
  id2label: { 0: 'negative', 1: 'neutral', 2: 'positive' },
  max_position_embeddings: 514,
  pad_token_id: 1,
};
const texts = ["I'll say: it's <mask> GREAT!!", 'Ünïcödé  😀 ½ ﬁne', ''];

interface Tokenizer {
  readonly model: { readonly vocab: Record<string, number>; readonly merges: readonly [string, string][] };
}

function readTokenizer(name: string): Tokenizer {
  return JSON.parse(
    gunzipSync(readFileSync(join(fixtures, `${name}.json.gz`))).toString('utf8'),
  ) as Tokenizer;
}

/** A directory with a model of random weights and these files, removed after the test. */
function directoryWith(t: TestContext, files: Readonly<Record<string, unknown>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-hub-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  copyFileSync(join(fixtures, 'model.onnx'), join(folder, 'model.onnx'));
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return folder;
}

function run(args: readonly string[], input = '') {
  const command = [join(root, 'bin/kubesentiment.cjs'), 'model', ...args];
  return spawnSync(process.execPath, command, { encoding: 'utf8', input, timeout: 120_000 });
}

function tokenize(folder: string): number[][] {
  const input = texts.map((text) => `${JSON.stringify(text)}\n`).join('');
  const { status, stdout, stderr } = run(['tokenize', folder, '--json-lines'], input);
  assert.equal(status, 0, stderr);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as number[]);
}

function check(folder: string): { labels: string[]; maxLength: number; samples: { score: number }[] } {
  const { status, stdout, stderr } = run(['check', folder, '--seconds', '1', '--json']);
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

for (const [name, type] of [
  ['roberta', 'roberta'],
  ['xlm-roberta-bytes', 'xlm-roberta'],
] as const) {
  test(`a model directory of ${type} is loaded, tokenized and run`, (t) => {
    const tokenizer = readTokenizer(name);
    const folder = directoryWith(t, {
      'config.json': { ...config, model_type: type },
      'tokenizer.json': tokenizer,
    });
    const report = check(folder);
    assert.deepEqual(report.labels, ['negative', 'neutral', 'positive']);
    assert.equal(report.maxLength, 512); // 514 positions, of which the first two are not used
    assert.ok(report.samples.every(({ score }) => score > 1 / 3 && score < 1));
    const rows = tokenize(folder);
    for (const ids of rows) assert.deepEqual([ids[0], ids.at(-1)], [0, 2]);
    assert.deepEqual(rows[2], [0, 2]);
  });
}

test('vocab.json and merges.txt of RoBERTa give the same ids as its tokenizer.json', (t) => {
  const tokenizer = readTokenizer('roberta');
  const { vocab, merges } = tokenizer.model;
  const whole = directoryWith(t, {
    'config.json': { ...config, model_type: 'roberta' },
    'tokenizer.json': tokenizer,
  });
  const mask = Object.keys(vocab).length;
  const older = directoryWith(t, {
    'config.json': { ...config, model_type: 'roberta' },
    'vocab.json': { ...vocab, '<mask>': mask },
    'merges.txt': `#version: 0.2\n${merges.map((pair) => pair.join(' ')).join('\n')}\n`,
  });
  assert.deepEqual(tokenize(older), tokenize(whole));
});

test('vocab.txt of BERT gives the same ids as its tokenizer.json', (t) => {
  const bert = join(root, 'models/accurate');
  const older = directoryWith(t, {
    'config.json': { ...config, model_type: 'bert' },
    'vocab.txt': readFileSync(join(bert, 'vocab.txt'), 'utf8'),
    'tokenizer_config.json': { do_lower_case: true },
  });
  assert.deepEqual(tokenize(older), tokenize(bert));
});

test('an older directory of another kind is refused by name', (t) => {
  const folder = directoryWith(t, { 'config.json': { ...config, model_type: 'ctrl' }, 'vocab.json': {} });
  const { status, stderr } = run(['tokenize', folder], 'a\n');
  assert.equal(status, 2);
  assert.match(stderr, /vocab\.json of a "ctrl" model is not supported/);
});
