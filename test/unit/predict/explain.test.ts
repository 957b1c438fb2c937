/** Which words carried a decision, with a real model whose words are known to add up. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { loadConfig } from '../../../src/config/load.ts';
import { readConfiguredModel } from '../../../src/predict/model-parts.ts';
import { StreamProcessor } from '../../../src/predict/stream-processor.ts';
import type { Explanation, Prediction } from '../../../src/types.ts';
import { type Files, filesOf, labels, temporaryFolder, writeFiles } from '../../models/directory.ts';
import { logitsOf } from '../../models/expected.ts';
import { weights } from '../../models/graphs.ts';

function open(
  t: TestContext,
  files: Files,
  settings: Readonly<Record<string, unknown>> = {},
): StreamProcessor {
  const own = Object.entries(settings).map(([key, value]) => [`model.${key}`, value]);
  const folder = writeFiles(temporaryFolder(t), files);
  const overrides = { 'model.path': folder, 'model.max_threads': 1, ...Object.fromEntries(own) };
  const { config } = loadConfig({ overrides });
  const processor = new StreamProcessor(config, readConfiguredModel(config));
  t.after(() => processor.close());
  return processor;
}

function explanationOf([prediction]: readonly Prediction[]): Explanation {
  const { explanation } = prediction as Prediction;
  assert.ok(explanation !== undefined);
  return explanation;
}

const near = (a: number, b: number): boolean => Math.abs(a - b) < 1e-4;
type Word = keyof typeof weights;
/** What a word adds to the log-odds of POSITIVE. */
const oddsOf = (word: string): number =>
  (weights[word as Word][1] as number) - (weights[word as Word][0] as number);

test('the weight of a word is what it adds to the log-odds of the label, in the order of the text', async (t) => {
  const text = 'dull fine good bad good';
  const processor = open(t, filesOf());
  const explained = await processor.explain([text]);
  const { label, unit, start, end, words } = explanationOf(explained);
  const sign = label === 'POSITIVE' ? 1 : -1;
  assert.deepEqual(
    [unit, start, end, words.map((word) => word.text)],
    ['log_odds', 0, text.length, text.split(' ')],
  );
  for (const word of words) {
    assert.equal(text.slice(word.start, word.end), word.text);
    assert.ok(near(word.weight, sign * oddsOf(word.text)), `${word.text} ${word.weight}`);
    const [negative = 0, positive = 0] = logitsOf(text).map(
      (logit, i) => logit - (weights[word.text as Word][i] ?? 0),
    );
    assert.ok(near(word.score, 1 / (1 + Math.exp(sign * (negative - positive)))));
  }
  const [{ explanation: _, ...prediction } = {}] = explained;
  assert.deepEqual([prediction], await processor.predict([text]));
});

test('several texts, each with its own; a text without a word has none', async (t) => {
  const explained = await open(t, filesOf()).explain(['good', '', 'bad bad']);
  assert.deepEqual(
    explained.map(({ explanation }) => explanation?.words.map(({ text }) => text)),
    [['good'], [], ['bad', 'bad']],
  );
});

test('an uncertain text is explained by the label that was ahead, several labels by the surest', async (t) => {
  const [uncertain] = await open(t, filesOf(), { min_score: 1 }).explain(['good']);
  assert.deepEqual([uncertain?.label, uncertain?.explanation?.label], ['UNCERTAIN', 'POSITIVE']);
  const files = filesOf({}, { ...labels, problem_type: 'multi_label_classification' });
  const { label, words } = explanationOf(await open(t, files).explain(['good fine']));
  assert.equal(label, 'POSITIVE');
  for (const { text, weight } of words) assert.ok(near(weight, weights[text as Word][1] as number));
});

test('plain values are explained as values', async (t) => {
  const { unit, words, label } = explanationOf(
    await open(t, filesOf(), { activation: 'none' }).explain(['good fine']),
  );
  assert.deepEqual([unit, label], ['value', 'POSITIVE']);
  for (const { text, weight } of words) assert.ok(near(weight, weights[text as Word][1] as number));
});

test('of a text that is too long, what the model reads is explained, at the end that it reads', async (t) => {
  const text = `${'good '.repeat(30)}${'bad '.repeat(30)}`;
  const settings = { max_length: 8 };
  const right = explanationOf(await open(t, filesOf(), settings).explain([text]));
  assert.deepEqual(
    [right.start, right.end, right.label],
    [0, 'good good good good good good'.length, 'POSITIVE'],
  );
  assert.equal(right.words.length, 6);
  const alike = explanationOf(await open(t, filesOf(), settings).explain(['good bad fine '.repeat(30)]));
  assert.equal(alike.start, 0);
  const left = explanationOf(
    await open(t, filesOf(), { ...settings, truncate_side: 'left' }).explain([text]),
  );
  assert.deepEqual([left.end, left.label, left.words.length], [text.length, 'NEGATIVE', 6]);
  assert.equal(text.slice(left.start).trim(), 'bad bad bad bad bad bad');
});

test('where only tokenizer.json says at which end a text is cut, that is noticed', async (t) => {
  const { 'tokenizer.json': file, ...rest } = filesOf();
  const cut = { direction: 'Left', max_length: 8, strategy: 'LongestFirst', stride: 0 };
  const files = { ...rest, 'tokenizer.json': { ...(file as object), truncation: cut } };
  const text = `${'good '.repeat(30)}${'bad '.repeat(30)}`;
  const { start, end, label } = explanationOf(await open(t, files, { max_length: 8 }).explain([text]));
  assert.deepEqual([end, label], [text.length, 'NEGATIVE']);
  assert.ok(start > 150);
});

test('many words are explained in groups, and a text in windows in fewer', async (t) => {
  const text = 'good bad fine dull '.repeat(100);
  const whole = explanationOf(
    await open(t, filesOf({}, { ...labels, max_position_embeddings: 512 })).explain([text]),
  );
  assert.equal(whole.words.length, 128);
  assert.deepEqual([whole.words[0]?.start, whole.words.at(-1)?.end], [0, text.trimEnd().length]);
  const settings = { max_length: 20, long_text: 'windows', window_overlap: 4 };
  const [prediction] = await open(t, filesOf(), settings).explain([text]);
  const windows = prediction?.windows as number;
  assert.ok(windows > 20);
  assert.equal(prediction?.explanation?.words.length, Math.floor(1024 / windows));
});

test('a text of a megabyte is explained as far as it is read, and one beyond the limit is refused', async (t) => {
  const processor = open(t, filesOf());
  const { words, end } = explanationOf(await processor.explain(['bad '.repeat(250_000)]));
  assert.ok(words.length > 50 && end < 300);
  await assert.rejects(processor.explain(['x'.repeat(3 << 20)]), { code: 'KS_USAGE' });
});

test('other predictions go on beside it', async (t) => {
  const processor = open(t, filesOf());
  const [explained, predicted, tokens] = await Promise.all([
    processor.explain(['good bad', 'fine']),
    processor.predict(['dull']),
    processor.explain(['bad']),
  ]);
  assert.deepEqual([explained.length, predicted.length, tokens.length], [2, 1, 1]);
});

test('a processor that is closed finishes what it explains', async (t) => {
  const model = writeFiles(temporaryFolder(t), filesOf());
  const processor = await StreamProcessor.create({ model, threads: 1 });
  const explained = processor.explain(['good bad', 'fine', 'dull']);
  await processor.close();
  assert.equal((await explained).length, 3);
});

test('a reader who has gone is not worked for', async (t) => {
  const processor = open(t, filesOf());
  await assert.rejects(processor.explain(['good'], AbortSignal.abort()), { code: 'KS_STATE' });
});
