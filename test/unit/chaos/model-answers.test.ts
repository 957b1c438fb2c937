/** What the checker of a chaos run makes of answers: right ones pass, and each kind of wrong one is found. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ModelAnswers, type ModelVerdict } from '../../chaos/model-answers.ts';
import { modelRequest } from '../../chaos/model-versions.ts';
import { textOf, weightsOf } from '../../chaos/weights.ts';

/** Version 1 and 2 were there from the times 100 and 200 on; of version 2 the second model came later. */
const placedAt = new Map([
  ['1 first', 100],
  ['1 second', 100],
  ['2 first', 200],
  ['2 second', 250],
]);

const request = { topic: 'requests', partition: 0, key: null };

interface Told {
  readonly offset: number;
  readonly label: string;
  readonly score: number;
  readonly version?: string;
  readonly stage?: 1 | 2;
  readonly at?: number;
  readonly producer?: bigint;
}

function verdictOf(texts: readonly string[], told: readonly Told[], isInOrder = true): ModelVerdict {
  const answers = new ModelAnswers(placedAt);
  for (const [offset, text] of texts.entries())
    answers.addRequest({ ...request, offset, value: Buffer.from(JSON.stringify({ text })) });
  answers.addRequest({ ...request, offset: texts.length, value: null });
  for (const { offset, label, score, stage, version = label, at = 300, producer = 1n } of told) {
    const source = { topic: 'requests', partition: 0, offset };
    const value = { label, score, stage, model_version: version, processed_at: at, source };
    answers.addResult({ value: Buffer.from(JSON.stringify(value)) }, producer);
  }
  return answers.verdict(isInOrder);
}

const findingsOf = ({ wrong, unlike, tooEarly, wrongStage, wentBack }: ModelVerdict) =>
  [wrong, unlike, tooEarly, wrongStage, wentBack].map(({ count }) => count);

/** Of the first model of version 1: good has -1 and 1/16, so the difference is 17/16. */
const good = { label: 'POSITIVE-1', score: 1 / (1 + Math.exp(-17 / 16)) };
const goodGood = { label: 'POSITIVE-1', score: 1 / (1 + Math.exp(-17 / 8)) };

test('right answers: of one model, of the second where the first is not sure, and of models that nobody knows', () => {
  const second = {
    label: 'POSITIVE-1',
    score: 1 / (1 + Math.exp(-33 / 16)),
    version: 'b',
    stage: 2,
  } as const;
  const verdict = verdictOf(
    ['good', 'good good', 'good', 'strange', 'dull'],
    [
      { offset: 0, ...good, version: 'a' },
      { offset: 1, ...goodGood, version: 'a', stage: 1 },
      { offset: 2, ...second },
      { offset: 3, label: 'NEGATIVE-1', score: 0.5, version: 'a' },
      { offset: 4, label: 'NEUTRAL', score: 0.9 },
    ],
  );
  assert.deepEqual(findingsOf(verdict), [0, 0, 0, 0, 0]);
  assert.deepEqual(verdict.answers, { first: 3, second: 1, canary: 0, others: 1 });
  assert.equal(verdict.versions, 1);
});

test('another label, another score, another version than that of the label', () => {
  const wrongLabel = { ...good, label: 'NEGATIVE-1' };
  const wrongScore = { ...good, score: good.score + 0.001 };
  const ofOther = { offset: 1, ...weighed('good', 2), version: 'a' };
  assert.equal(verdictOf(['good'], [{ offset: 0, ...wrongLabel }]).wrong.count, 1);
  assert.equal(verdictOf(['good'], [{ offset: 0, ...wrongScore }]).wrong.count, 1);
  assert.deepEqual(verdictOf(['good', 'good'], [{ offset: 0, ...good, version: 'a' }, ofOther]).wrong, {
    count: 1,
    examples: ['0/1'],
  });
});

test('what is no result at all', () => {
  const answers = new ModelAnswers(placedAt);
  for (const text of ['12.4}{"label":"x"', 'null', '5', '{}', '{"label":"POSITIVE-1"}', ''])
    answers.addResult({ value: Buffer.from(text) }, 1n);
  assert.equal(answers.verdict(true).wrong.count, 6);
});

test('two answers to the same text that differ, whoever gave them', () => {
  const texts = ['anything', 'anything', 'something'];
  const told = [0.9, 0.8, 0.7].map((score, offset) => ({ offset, label: 'UP', version: 'x', score }));
  assert.deepEqual(verdictOf(texts, told).unlike, { count: 1, examples: ['0/1'] });
});

test('a version that there never was, or not yet', () => {
  const early = { ...good, at: 99 };
  const never = { ...weighed('good', 3) };
  assert.equal(verdictOf(['good'], [{ offset: 0, ...early }]).tooEarly.count, 1);
  assert.equal(verdictOf(['good'], [{ offset: 0, ...never }]).tooEarly.count, 1);
  const half = { ...weighed('good', 2, 'second'), stage: 2, at: 249 } as const;
  assert.equal(verdictOf(['good'], [{ offset: 0, ...half }]).tooEarly.count, 1);
  assert.equal(verdictOf(['good'], [{ offset: 0, ...half, at: 250 }]).tooEarly.count, 0);
});

test('the wrong model of a cascade', () => {
  const unsure = { offset: 0, ...good, stage: 1 } as const;
  const sure = { offset: 0, ...weighed('good good', 1, 'second'), stage: 2 } as const;
  assert.equal(verdictOf(['good'], [unsure]).wrongStage.count, 1);
  assert.equal(verdictOf(['good good'], [sure]).wrongStage.count, 1);
});

test('a process that goes back to an earlier version; another one may be behind', () => {
  const texts = ['good', 'good', 'good'];
  const [one, two] = [weighed('good', 1), weighed('good', 2)];
  const told = (producers: readonly bigint[]) =>
    [one, two, one].map((each, offset) => ({ offset, ...each, producer: producers[offset] as bigint }));
  assert.deepEqual(verdictOf(texts, told([1n, 1n, 1n])).wentBack, { count: 1, examples: ['0/2'] });
  assert.equal(verdictOf(texts, told([1n, 1n, 2n])).wentBack.count, 0);
  assert.equal(verdictOf(texts, told([1n, 1n, 1n]), false).wentBack.count, 0);
});

test('half of the requests have texts that come again, and all texts have words that decide', () => {
  const texts = Array.from({ length: 2_000 }, (_, number) => textOf(number));
  assert.ok(new Set(texts.filter((_, number) => number % 2 === 0)).size < 350);
  assert.equal(new Set(texts.filter((_, number) => number % 2 === 1)).size, 1_000);
  assert.match(String(modelRequest(7)), /^\{"id":"n-7","text":"\w.* 7"\}$/);
});

function weighed(text: string, version: number, stage: 'first' | 'second' = 'first') {
  const weights = weightsOf(version, stage) as Readonly<Record<string, readonly [number, number]>>;
  const difference = text.split(' ').reduce((sum, word) => {
    const [negative, positive] = weights[word] as readonly [number, number];
    return sum + positive - negative;
  }, 0);
  return {
    label: `${difference > 0 ? 'POSITIVE' : 'NEGATIVE'}-${version}`,
    score: 1 / (1 + Math.exp(-Math.abs(difference))),
    version: `${version}-${stage}`,
  };
}
