/** `predict --explain`: for people the strongest words, for programs all of them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import type { Prediction } from '../../../src/types.ts';
import { root } from '../../helpers/paths.ts';

function predict(...args: string[]): string {
  const command = ['bin/kubesentiment.cjs', 'predict', '--model', 'models/default', '--explain', ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { cwd: root, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return stdout;
}

const text = 'The story is dull, but the music is wonderful and the actors are wonderful too, said\u202e he.';

test('the strongest words below each text, the strongest first, with their sign', () => {
  const [first, second] = [predict(text), predict('What a joy')];
  const [verdict, ...words] = first.trimEnd().split('\n');
  assert.match(verdict as string, /^POSITIVE\t0\.\d{4}\tThe story/);
  assert.equal(words.length, 10);
  const weights = words.map((line) => {
    assert.match(line, /^ *[+-]\d+\.\d\d\t\S/);
    return Number(line.split('\t')[0]);
  });
  assert.deepEqual(
    weights,
    [...weights].sort((a, b) => Math.abs(b) - Math.abs(a)),
  );
  for (const word of [/\+.*\twonderful$/, /-.*\tdull$/]) assert.ok(words.some((line) => word.test(line)));
  assert.doesNotMatch(first, /\u202e/);
  const [, strongest, ...others] = second.trimEnd().split('\n');
  assert.match(strongest as string, /\+.*\tjoy$/);
  assert.equal(others.length, 2);
});

test('with --json all words, with their places in the text', () => {
  const { explanation } = JSON.parse(predict('--json', text)) as Prediction;
  assert.equal(explanation?.label, 'POSITIVE');
  for (const { start, end, text: word } of explanation?.words ?? [])
    assert.equal(text.slice(start, end), word);
  assert.ok((explanation?.words.length ?? 0) > 15);
});
