/** `model cascade`: what an operator reads before asking two models in a row. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { CascadeReport } from '../../../src/diagnose/model-cascade.ts';
import { root } from '../../helpers/paths.ts';

const models = ['models/default', 'models/accurate'] as const;
const rows = [
  ['POSITIVE', 'What a joy.'],
  ['NEGATIVE', 'A waste of two hours.'],
  ['POSITIVE', 'Not bad at all, though I had my doubts.'],
  ['NEGATIVE', 'It\tis what it is.'],
  ['NEGATIVE', 'I expected more, and got something.'],
] as const;
const labelled = `${rows.map((row) => row.join('\t')).join('\n')}\n`;
const plain = `${rows.map(([, text]) => text).join('\n')}\n`;

function run(args: readonly string[], input: string) {
  return spawnSync(process.execPath, ['bin/kubesentiment.cjs', 'model', 'cascade', ...args], {
    cwd: root,
    encoding: 'utf8',
    input,
  });
}

function cascade(input: string, ...args: string[]): CascadeReport {
  const { status, stdout, stderr } = run([...models, '--texts', '-', '--json', ...args], input);
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as CascadeReport;
}

function predict(model: string): { label: string; score: number }[] {
  const args = ['bin/kubesentiment.cjs', 'predict', '--model', model, '--json'];
  const { stdout } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8', input: plain });
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

test('the figures are those of the two models, text by text', () => {
  const [first, second] = [predict(models[0]), predict(models[1])];
  const scores = first.map(({ score }) => score).sort((a, b) => a - b);
  const below = ((scores[1] as number) + (scores[2] as number)) / 2;
  const { texts, isLabelled, judged, proposed, models: described } = cascade(labelled, '--below', `${below}`);
  const answers = first.map((one, i) => (one.score < below ? second[i] : one));
  const rightOf = (all: readonly ({ label: string } | undefined)[]): number =>
    all.filter((one, i) => one?.label === rows[i]?.[0]).length / rows.length;
  assert.deepEqual([texts, isLabelled, proposed], [5, true, undefined]);
  assert.deepEqual([judged?.askedAgain, judged?.accuracy], [2, rightOf(answers)]);
  assert.deepEqual(
    described.map(({ name, accuracy }) => [name, accuracy?.value]),
    [
      ['default', rightOf(first)],
      ['accurate', rightOf(second)],
    ],
  );
  assert.ok(Math.abs((judged?.loss.value as number) - (rightOf(second) - rightOf(answers))) < 1e-12);
});

test('labels under other names, plain texts, and the table', () => {
  const numbered = labelled.replace(/^NEGATIVE/gm, '0').replace(/^POSITIVE/gm, '1');
  const without = (report: CascadeReport) => report.curve.map(({ below, accuracy }) => [below, accuracy]);
  assert.deepEqual(without(cascade(numbered, '--labels', '0,1')), without(cascade(labelled)));
  // Numbers are no labels of these models, so without --labels each line is a text.
  assert.equal(cascade(numbered).isLabelled, false);
  const { status, stdout } = run([...models, '--texts', '-'], plain);
  assert.equal(status, 0);
  assert.match(stdout, /^model +version +texts\/s\n/);
  assert.match(stdout, /\n +below +asked again +other labels, % /);
  // Five texts promise nothing: had none differed, 43 of 100 others still might.
  assert.match(stdout, /No threshold is proposed: 5 texts are too few .* is 43\.4/);
});

test('what does not fit is refused with a sentence that quotes no text', () => {
  const refused = (args: readonly string[], input: string, sentence: RegExp) => {
    const { status, stderr } = run([...args, '--texts', '-'], input);
    assert.deepEqual([status, sentence.test(stderr), stderr.includes('secret')], [2, true, false], stderr);
  };
  refused(models, `${labelled}secret\n`, /Line 6 does not begin with a label and a tab/);
  refused([...models, '--labels', '0,1'], 'secret\n', /Line 1 does not begin with a label and a tab/);
  refused(
    [...models, '--labels', '0,1,2'],
    labelled,
    /3 names of labels were given, but the first model has 2/,
  );
  refused(models, '', /There is no text/);
  refused([...models, '--loss', '0'], labelled, /Must be a number greater than 0/);
  refused([...models, '--below', '1.1'], labelled, /Must be a number from 0 to 1/);
});

test('models with different labels, or with scores that do not say how sure they are, are refused', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'cascade-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const write = (name: string, change: object): string => {
    const path = join(directory, name);
    cpSync(join(root, models[0]), path, { recursive: true });
    const config = JSON.parse(readFileSync(join(path, 'config.json'), 'utf8'));
    writeFileSync(join(path, 'config.json'), JSON.stringify({ ...config, ...change }));
    return path;
  };
  const renamed = write('renamed', { id2label: { 0: 'BAD', 1: 'GOOD' }, label2id: { BAD: 0, GOOD: 1 } });
  const different = run([models[0], renamed, '--texts', '-'], labelled);
  assert.equal(different.status, 2);
  assert.match(different.stderr, /different labels: .*NEGATIVE, POSITIVE; the second one BAD, GOOD/);
  const several = write('several', { problem_type: 'multi_label_classification' });
  const unsuited = run([several, models[1], '--texts', '-'], labelled);
  assert.equal(unsuited.status, 2);
  assert.match(unsuited.stderr, /does not choose one label for each text/);
});
