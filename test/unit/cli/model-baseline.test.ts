/** `model baseline`: what a service will compare its results with. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createCorpus } from '../../../src/corpus/corpus.ts';
import type { Baseline } from '../../../src/drift/baseline.ts';
import { root } from '../../helpers/paths.ts';

function run(args: readonly string[], input = '') {
  const command = ['bin/kubesentiment.cjs', 'model', 'baseline', '--model', 'models/default', ...args];
  return spawnSync(process.execPath, command, { cwd: root, encoding: 'utf8', input });
}

function outFile(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'baseline-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return join(folder, 'baseline.json');
}

test('texts are classified and counted, and no text is written', (t) => {
  const corpus = createCorpus({ seed: 5, style: 'tweets' });
  const texts = Array.from({ length: 1_200 }, () => corpus.next());
  const out = outFile(t);
  const { status, stdout, stderr } = run(['--texts', '-', '--out', out], `${texts.join('\n')}\n`);
  assert.equal(status, 0, stderr);
  assert.match(
    stdout,
    /^1200 results of the model version [0-9a-f]{12}: NEGATIVE [\d.]+ %, POSITIVE [\d.]+ %\./,
  );
  const written = readFileSync(out, 'utf8');
  const { results, counts } = JSON.parse(written) as Baseline;
  assert.equal(results, 1_200);
  const total = (bins: readonly number[]): number => bins.reduce((sum, each) => sum + each, 0);
  for (const signal of ['labels', 'scores', 'length'] as const) assert.equal(total(counts[signal]), 1_200);
  assert.ok((counts.unknown_tokens[0] as number) > 0, 'emoji are not in the vocabulary');
  assert.ok(!written.includes((texts[0] as string).slice(0, 20)));
});

test('too few texts, and a service that does not answer, are said', (t) => {
  const few = run(['--texts', '-', '--out', outFile(t)], 'a warm and funny film\n');
  assert.equal(few.status, 1);
  assert.match(few.stderr, /needs at least 1000 results, there are 1/);
  const away = run(['--url', 'http://127.0.0.1:9', '--out', outFile(t)]);
  assert.equal(away.status, 1);
  assert.match(away.stderr, /No service answers at http:\/\/127\.0\.0\.1:9/);
});
