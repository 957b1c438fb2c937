/** What `model import` makes of graphs, with Python: the cases of test/models/imported.ts. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { ModelImport } from '../../../src/diagnose/model-import.ts';
import { importPython, noImportPython } from '../../helpers/import-python.ts';
import { filesOf, labels, temporaryFolder, writeFiles } from '../../models/directory.ts';
import { type ImportedCase, imported, refusedImports, sampleTexts } from '../../models/imported.ts';
import { importModel, kubesentiment, program } from './import-rig.ts';

const skip = noImportPython;

for (const each of imported) test(`${each.name}: imported`, { skip }, (t) => assertImported(t, each));

function assertImported(t: TestContext, each: ImportedCase): void {
  const { files, source = '.', args = [], changes, has = [], hasNot = [], notes = [] } = each;
  const { here, from, out, texts } = place(t, files);
  const common = ['--texts', texts, '--python', importPython, '--json'];
  const { status, stdout, stderr } = importModel(join(from, source), out, ...args, ...common);
  assert.equal(status, 0, stderr);
  const said = JSON.parse(stdout) as ModelImport;
  const { graph, comparison, batchEffect, report } = said;
  assert.equal(graph?.changes.length, changes.length, JSON.stringify(graph));
  for (const [i, change] of changes.entries()) assert.match(graph?.changes[i] ?? '', change);
  assert.deepEqual(graph?.notes, []);
  const { texts: compared, distance } = comparison;
  assert.equal(compared, 300);
  assert.ok((distance?.max ?? 1) <= (each.apartMax ?? 1e-5), `apart: ${distance?.max}`);
  // What depends on the batch has to show, so that the same measure means something where it does not.
  if ('batchMax' in each && each.batchMax === undefined)
    assert.ok(batchEffect.apart > 1e-5, `${batchEffect.apart}`);
  else assert.ok(batchEffect.apart <= 1e-6, `by the batch: ${batchEffect.apart}`);
  for (const note of notes)
    assert.ok(
      report.notes.some((line) => note.test(line)),
      JSON.stringify(report.notes),
    );
  assert.deepEqual(readdirSync(here).sort(), ['from', 'out', 'texts.txt']);
  assert.deepEqual(readdirSync(out).sort(), ['README.md', 'config.json', 'model.onnx', 'tokenizer.json']);
  const bytes = readFileSync(join(out, 'model.onnx'), 'latin1');
  for (const operator of has) assert.ok(bytes.includes(fieldOf(operator)), `no ${operator}`);
  for (const operator of hasNot) assert.ok(!bytes.includes(fieldOf(operator)), operator);
  assertCard(readFileSync(join(out, 'README.md'), 'utf8'), said);
  const check = kubesentiment(['model', 'check', out, '--seconds', '1']);
  assert.equal(check.status, 0, check.stderr);
  assert.match(check.stdout, /labels {6}NEGATIVE, POSITIVE/);
}

/** The card says what was measured. */
function assertCard(card: string, { comparison: { agreed, distance }, report, graph }: ModelImport): void {
  assert.ok(card.includes(`the same label for ${agreed} of 300 sample texts; scores differ by`), card);
  assert.ok(card.includes(`${(distance?.max ?? 0).toFixed(4)} at most`), card);
  assert.ok(
    card.includes(`| ${Math.round(report.speed.textsPerSecond)} texts/s of`) ||
      /speed \| \d+ texts\/s/.test(card),
  );
  assert.match(card, /times as fast as the original \| \d+\.\d\d/);
  assert.match(card, /alone or beside others \| scores differ by/);
  for (const change of graph?.changes ?? []) assert.ok(card.includes(`- ${change}\n`), change);
}

for (const { name, files, args = [], message } of refusedImports) {
  test(`${name}: refused, and nothing is written`, { skip }, (t) => {
    const { here, from, out, texts } = place(t, files);
    const { status, stderr } = importModel(from, out, ...args, '--texts', texts, '--python', importPython);
    assert.equal(status, 2, stderr);
    assert.match(stderr, message);
    assert.deepEqual(readdirSync(here).sort(), ['from', 'texts.txt']);
  });
}

test('a quantized model is not quantized again', { skip }, (t) => {
  const each = imported.find(({ name }) => name === 'the same, quantized');
  const { here, from, out, texts } = place(t, each?.files ?? {});
  const common = ['--texts', texts, '--python', importPython, '--quantize'];
  assert.equal(importModel(from, out, ...common).status, 0);
  const again = importModel(out, join(here, 'again'), ...common);
  assert.equal(again.status, 2, again.stderr);
  assert.match(
    again.stderr,
    /model\.onnx is quantized with constant scales already\. Import it without --quantize/,
  );
});

test('a Python without the packages says which', { skip }, (t) => {
  const { here, from, out, texts } = place(t, filesOf({}, labels));
  const bare = program(here, `exec '${importPython}' -I -S "$@"`);
  const { status, stderr } = importModel(from, out, '--texts', texts, '--python', bare);
  assert.deepEqual([status, existsSync(out)], [1, false], stderr);
  assert.match(stderr, /has no package numpy, onnx, onnxruntime, sympy\./);
});

function place(t: TestContext, files: Parameters<typeof writeFiles>[1]) {
  const here = temporaryFolder(t);
  const texts = join(here, 'texts.txt');
  writeFileSync(texts, `${sampleTexts(300).join('\n')}\n`);
  return { here, texts, from: writeFiles(join(here, 'from'), files), out: join(here, 'out') };
}

/** Field 4 of a node, the operator, as it is in the file. */
function fieldOf(operator: string): string {
  return `\x22${String.fromCharCode(operator.length)}${operator}`;
}
