/** `model import`: from what people have on disk to a directory that serves by itself. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createCorpus } from '../../../src/corpus/corpus.ts';
import { root } from '../../helpers/paths.ts';
import { temporaryFolder as folder } from '../../models/directory.ts';
import { command, importModel, kubesentiment, program } from './import-rig.ts';

const original = join(root, 'models/default');
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
    '--keep-graph',
  );
  assert.equal(status, 0, stderr);
  assert.match(stdout, /labels {4}bad, good/);
  assert.deepEqual(readdirSync(out).sort(), ['README.md', 'config.json', 'model.onnx', 'tokenizer.json']);
  assert.deepEqual(Object.values(answer(out).scores), Object.values(answer(original).scores));
  assert.deepEqual(Object.keys(answer(out).scores), ['bad', 'good']);
  const card = readFileSync(join(out, 'README.md'), 'utf8');
  assert.match(card, /^# tickets\n/);
  assert.match(card, /\| labels \| bad, good \|/);
  assert.match(
    card,
    /the same label for 2048 of 2048 sentences; scores differ by 0\.0000 at most, 0\.0000 on average/,
  );
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

test('without Python, without its packages, with an old one: one sentence, what to do, exit code 1', (t) => {
  const here = folder(t);
  const out = join(here, 'out');
  const says = (json: object) => program(here, `echo '${JSON.stringify(json)}'`);
  const cases: [() => string, RegExp][] = [
    [() => join(here, 'none'), /none cannot be started\. Install it .*--python, or .*--keep-graph\.$/],
    [() => says({ tooOld: '3.8' }), /Python 3\.10 or later, and .* is Python 3\.8\. Name a newer one/],
    [() => says({ missing: ['onnx', 'sympy'] }), /has no package onnx, sympy\. Run '.* -m venv .*txt"' and/],
  ];
  let said = '';
  for (const [python, sentence] of cases) {
    const { status, stderr } = importModel(original, out, '--python', python());
    said = stderr.trim();
    assert.deepEqual([status, said.split('\n').length], [1, 1], stderr);
    assert.match(said, sentence);
    assert.ok(!existsSync(out));
  }
  const list = /"(.*requirements\.txt)"/.exec(said)?.[1] ?? '';
  assert.match(readFileSync(list, 'utf8'), /^onnxruntime>=/m);
});

test('a rewriter that fails, or whose graph answers otherwise, leaves nothing behind', (t) => {
  const here = folder(t);
  const out = join(here, 'out');
  const failed = importModel(original, out, '--python', program(here, 'echo "it broke" >&2', 'exit 3'));
  assert.equal(failed.status, 2, failed.stderr);
  assert.match(failed.stderr, /The graph cannot be rewritten \(it broke\)\. .*--keep-graph/);
  const report = { changes: ['all'], notes: [], nodes: [1, 1], calibration: null, tools: 'none' };
  // A model with the same inputs and labels.
  const other = join(root, 'models/accurate/model.onnx');
  const job = `const job = JSON.parse(fs.readFileSync(0)); fs.copyFileSync(${JSON.stringify(other)}, job.out)`;
  const swap = program(here, `'${process.execPath}' -e '${job}'`, `echo '${JSON.stringify(report)}'`);
  const corpus = createCorpus({ seed: 5, style: 'sst2' });
  const texts = join(here, 'texts.txt');
  writeFileSync(texts, Array.from({ length: 200 }, () => `${corpus.next()}\n`).join(''));
  const otherwise = importModel(original, out, '--python', swap, '--texts', texts);
  assert.equal(otherwise.status, 2, otherwise.stderr);
  assert.match(
    otherwise.stderr,
    /answers otherwise than the original: \d+ of 200 texts .* 98\.0 % are wanted/,
  );
  assert.deepEqual(readdirSync(here), ['python', 'texts.txt']);
  const allowed = importModel(original, out, '--python', swap, '--texts', texts, '--agreement', '1');
  assert.equal(allowed.status, 0, allowed.stderr);
});

test('a signal in the middle of it leaves nothing behind, neither files nor a program', async (t) => {
  const here = folder(t);
  const [out, started] = [join(here, 'out'), join(here, 'started')];
  mkdirSync(started);
  const waiting = program(
    here,
    `echo $$ > '${started}/pid.part'`,
    `mv '${started}/pid.part' '${started}/pid'`,
    'exec sleep 600',
  );
  const child = spawn(process.execPath, [command, 'model', 'import', original, out, '--python', waiting]);
  while (!existsSync(join(started, 'pid'))) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(readdirSync(here).filter((name) => name.startsWith('out.unfinished')).length, 1);
  child.kill('SIGTERM');
  const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
  assert.equal(signal, 'SIGTERM');
  assert.deepEqual(readdirSync(here).sort(), ['python', 'started']);
  assert.ok(!isRunning(Number(readFileSync(join(started, 'pid'), 'utf8'))));
});

test('what --quantize needs is said before anything is loaded', (t) => {
  const here = folder(t);
  const few = join(here, 'few.txt');
  writeFileSync(few, 'one\n\ntwo\n');
  const cases: [string[], RegExp][] = [
    [['--quantize'], /--quantize measures the scales on texts, and there are none\. Add --texts FILE/],
    [['--quantize', '--texts', few], /at least 100 texts, and there are 2\./],
    [['--quantize', '--texts', few, '--keep-graph'], /give one of the two/],
    [['--texts', join(here, 'missing')], /missing cannot be read/],
    [['--agreement', 'most'], /number from 0 to 100/],
  ];
  for (const [args, sentence] of cases) {
    const { status, stderr } = importModel(original, join(here, 'out'), ...args);
    assert.equal(status, 2, stderr);
    assert.match(stderr, sentence);
  }
  assert.deepEqual(readdirSync(here), ['few.txt']);
});

/** A zombie has ended. */
function isRunning(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
