/** `model compare`: what an operator reads before a new model goes to production. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { root } from '../../helpers/paths.ts';
import type { ModelComparison } from '../../../src/diagnose/model-compare.ts';

const models = ['models/default', 'models/accurate'] as const;
const texts = ['What a joy.', 'A waste of two hours.', '"quoted", and ünïcödé'];
const input = `${texts.join('\n')}\n`;

function compare(args: readonly string[], stdin = input) {
  return spawnSync(process.execPath, ['bin/kubesentiment.cjs', 'model', 'compare', ...args], {
    cwd: root,
    encoding: 'utf8',
    input: stdin,
  });
}

function compareAsJson(...args: string[]): ModelComparison {
  const { status, stdout, stderr } = compare([...args, '--json']);
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as ModelComparison;
}

test('a model agrees with itself in everything', () => {
  const found = compareAsJson('models/default', 'models/default', '--texts', '-');
  const { texts: count, agreed, distance, changes, furthest } = found;
  assert.deepEqual(
    { count, agreed, distance, changes, furthest },
    { count: 3, agreed: 3, distance: { mean: 0, max: 0 }, changes: [], furthest: [] },
  );
});

test('two models: their scores are those of predict, and texts are shown only on request', () => {
  const [first, second] = models.map((model) => {
    const run = spawnSync(
      process.execPath,
      ['bin/kubesentiment.cjs', 'predict', '--model', model, '--json'],
      {
        cwd: root,
        encoding: 'utf8',
        input,
      },
    );
    return run.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { label: string; score: number; scores: Record<string, number> });
  });
  const distances = (first ?? []).map(({ label, score }, i) =>
    Math.abs(score - (second?.[i]?.scores[label] as number)),
  );
  const { distance, furthest, models: described } = compareAsJson(...models, '--texts', '-');
  assert.ok(Math.abs((distance?.max as number) - Math.max(...distances)) < 1e-6);
  const mean = distances.reduce((sum, one) => sum + one, 0) / texts.length;
  assert.ok(Math.abs((distance?.mean as number) - mean) < 1e-6);
  assert.deepEqual(
    described.map(({ name }) => name),
    ['default', 'accurate'],
  );
  assert.equal(furthest.length, 3);
  assert.ok(furthest.every((one) => !('text' in one)));
  const shown = compareAsJson(...models, '--texts', '-', '--show-text');
  assert.deepEqual(shown.furthest.map(({ text }) => text).sort(), [...texts].sort());
  for (const { line, text } of shown.furthest) assert.equal(text, texts[line - 1]);
});

test('without texts, and with a file that is not there, the sentence says so', () => {
  const empty = compare([...models, '--texts', '-'], '');
  assert.deepEqual([empty.status, /There is no text/.test(empty.stderr)], [2, true], empty.stderr);
  const missing = compare([...models, '--texts', 'no-such-file']);
  assert.deepEqual(
    [missing.status, /no-such-file cannot be read/.test(missing.stderr)],
    [2, true],
    missing.stderr,
  );
  const bad = compare([...models, '--texts', '-', '--json-lines'], '"good"\nnot JSON\n');
  assert.deepEqual([bad.status, /Line 2 of standard input/.test(bad.stderr)], [2, true], bad.stderr);
});
