/** `model import`: from what people have on disk to a directory that serves by itself. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { root } from '../../helpers/paths.ts';

const original = join(root, 'models/default');

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'kubesentiment-import-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

function kubesentiment(args: readonly string[], input = '') {
  return spawnSync(process.execPath, [join(root, 'bin/kubesentiment.cjs'), ...args], {
    encoding: 'utf8',
    input,
  });
}

function importModel(...args: string[]) {
  return kubesentiment(['model', 'import', ...args, '--seconds', '1']);
}

const text = 'What a joy from beginning to end.';
const answer = (model: string, ...more: string[]) =>
  JSON.parse(kubesentiment(['predict', '--model', model, '--json', ...more], `${text}\n`).stdout) as {
    readonly scores: Readonly<Record<string, number>>;
  };

test('a directory as exporters write it, without labels, becomes one that serves by itself', (t) => {
  const here = folder(t);
  const source = join(here, 'downloaded');
  mkdirSync(join(source, 'onnx'), { recursive: true });
  cpSync(join(original, 'model.onnx'), join(source, 'onnx/model_int8.onnx'));
  writeFileSync(join(source, 'onnx/other.onnx'), 'not a graph');
  cpSync(join(original, 'tokenizer.json'), join(source, 'tokenizer.json'));
  const { id2label, label2id, ...config } = JSON.parse(readFileSync(join(original, 'config.json'), 'utf8'));
  assert.ok(id2label !== undefined || label2id !== undefined);
  writeFileSync(join(source, 'config.json'), JSON.stringify(config));
  const out = join(here, 'tickets');
  const { status, stdout, stderr } = importModel(
    join(source, 'onnx/model_int8.onnx'),
    out,
    '--labels',
    'bad,good',
  );
  assert.equal(status, 0, stderr);
  assert.match(stdout, /labels {2}bad, good/);
  assert.deepEqual(readdirSync(out).sort(), ['README.md', 'config.json', 'model.onnx', 'tokenizer.json']);
  assert.deepEqual(Object.values(answer(out).scores), Object.values(answer(original).scores));
  assert.deepEqual(Object.keys(answer(out).scores), ['bad', 'good']);
  const card = readFileSync(join(out, 'README.md'), 'utf8');
  assert.match(card, /^# tickets\n/);
  assert.match(card, /\| labels \| bad, good \|/);
  assert.match(card, /the same label for 2048 of 2048 sentences; scores differ by 0\.0000 at most/);
});

test('what is there is not overwritten, and what cannot be served leaves nothing behind', (t) => {
  const here = folder(t);
  const there = importModel(original, here);
  assert.deepEqual([there.status, /is there already/.test(there.stderr)], [2, true], there.stderr);
  const broken = join(here, 'broken');
  cpSync(original, broken, { recursive: true });
  writeFileSync(join(broken, 'model.onnx'), 'version https://git-lfs.github.com/spec/v1\n');
  const refused = importModel(broken, join(here, 'out'));
  assert.notEqual(refused.status, 0);
  assert.match(refused.stderr, /Git LFS pointer/);
  assert.deepEqual(readdirSync(here), ['broken']);
  assert.ok(!existsSync(join(here, 'out')));
});
