/** Runs `model import` of the built command, and looks at what it has made. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { ModelImport } from '../../../src/diagnose/model-import.ts';
import { importPython } from '../../helpers/import-python.ts';
import { root } from '../../helpers/paths.ts';
import { temporaryFolder, writeFiles } from '../../models/directory.ts';
import { type ImportedCase, sampleTexts } from '../../models/imported.ts';

/** Enough for --quantize. */
const TEXTS = 120;

export const command = join(root, 'bin/kubesentiment.cjs');

export function kubesentiment(args: readonly string[], input = '') {
  const options = { encoding: 'utf8', input, maxBuffer: 2 ** 26 } as const;
  return spawnSync(process.execPath, [command, ...args], options);
}

export function importModel(...args: string[]) {
  return kubesentiment(['model', 'import', ...args, '--seconds', '1']);
}

/** A program that `--python` can name: the lines of a shell script. Its own arguments are $1 (-B) and $2 (main.py). */
export function program(folder: string, ...lines: string[]): string {
  const path = join(folder, 'python');
  writeFileSync(path, ['#!/bin/sh', ...lines, ''].join('\n'));
  chmodSync(path, 0o755);
  return path;
}

/** Imports a case and compares with what is expected of it. Returns the new directory. */
export function assertImported(t: TestContext, each: ImportedCase): string {
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
  assert.equal(compared, TEXTS);
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
  return out;
}

/** The card says what was measured. */
function assertCard(card: string, { comparison: { agreed, distance }, report, graph }: ModelImport): void {
  assert.ok(card.includes(`the same label for ${agreed} of ${TEXTS} sample texts; scores differ by`), card);
  assert.ok(card.includes(`${(distance?.max ?? 0).toFixed(4)} at most`), card);
  assert.ok(card.includes(`| ${Math.round(report.speed.textsPerSecond)} texts/s of`));
  assert.match(card, /times as fast as the original \| \d+\.\d\d/);
  assert.match(card, /alone or beside others \| scores differ by/);
  for (const change of graph?.changes ?? []) assert.ok(card.includes(`- ${change}\n`), change);
}

/** A folder with a directory to import and sample texts; `out` is where it goes. */
export function place(t: TestContext, files: Parameters<typeof writeFiles>[1]) {
  const here = temporaryFolder(t);
  const texts = join(here, 'texts.txt');
  writeFileSync(texts, `${sampleTexts(TEXTS).join('\n')}\n`);
  return { here, texts, from: writeFiles(join(here, 'from'), files), out: join(here, 'out') };
}

/** Field 4 of a node, the operator, as it is in the file. */
function fieldOf(operator: string): string {
  return `\x22${String.fromCharCode(operator.length)}${operator}`;
}
