/** Texts of which the first model is not sure are answered by the second: the whole service behind a fake Kafka. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createCorpus } from '../../src/corpus/corpus.ts';
import { StreamProcessor } from '../../src/predict/stream-processor.ts';
import type { Prediction } from '../../src/types.ts';
import { root } from '../helpers/paths.ts';
import { filesOf, labels } from '../models/directory.ts';
import { logitsOf, softmax, texts } from '../models/expected.ts';
import { tokenizerJson, type Word } from '../models/tokenizer.ts';
import { Models, resultsOf, service } from './reload-rig.ts';
import { createBroker, sendRequest, topics, until } from './rig.ts';

interface Result {
  readonly label: string;
  readonly score: number;
  readonly stage?: number;
  readonly windows?: number;
  readonly model: string;
  readonly model_version: string;
  readonly truncated: boolean;
  readonly scores: Readonly<Record<string, number>>;
  readonly source: { readonly partition: number; readonly offset: number };
}

const BELOW = 0.9;
/** What the second model has for each word. A row of the first tokenizer begins with [CLS], which tips the scales. */
const weights: Readonly<Record<Word, readonly [number, number]>> = {
  ...{ '[PAD]': [3, -1], '[UNK]': [0, 0], '[CLS]': [90, 0], '[SEP]': [0, 0] },
  ...{ good: [2, 0], bad: [0, 3], fine: [0.5, 0.25], dull: [0, 0.5] },
};
const first = filesOf();
const second = filesOf({ weights }, labels, { 'tokenizer.json': tokenizerJson({ special: false }) });

function expectedOf(text: string): { readonly stage: number; readonly scores: readonly number[] } {
  const scores = softmax(logitsOf(text));
  if (Math.max(...scores) >= BELOW) return { stage: 1, scores };
  const sums = [0, 1].map((i) =>
    text.split(' ').reduce((sum, word) => sum + (weights[word as Word][i] as number), 0),
  );
  return { stage: 2, scores: softmax(sums) };
}

const cascadeOf = (path: string, below = BELOW) => JSON.stringify({ path, below });

/** Two models in directories, and a service that has them as a cascade. */
function cascade(t: TestContext, partitions = 1, more: Readonly<Record<string, unknown>> = {}) {
  const models = new Models(t);
  const versions = [models.write('a', first), models.write('b', second)] as const;
  const broker = createBroker(partitions);
  const settings = { 'model.cascade': cascadeOf(models.path('b')), ...more };
  return { models, versions, broker, consumer: service(t, broker, models.path('a'), { more: settings }) };
}

test('the second model answers what the first is not sure of, in order, and the result says so', async (t) => {
  const { broker, versions, consumer } = cascade(t, 2);
  const expected = texts.map(expectedOf);
  assert.deepEqual(new Set(expected.map(({ stage }) => stage)), new Set([1, 2]));
  await consumer.start();
  const count = 40 * texts.length;
  for (let i = 0; i < count; i++) sendRequest(broker, i % 2, texts[(i >> 1) % texts.length] as string);
  await until('all are answered', () => broker.audit.answered === count);
  const results = resultsOf(broker).flat() as unknown as Result[];
  assert.equal(results.length, count);
  let again = 0;
  for (const { stage, model, model_version, label, score, scores, source } of results) {
    const wanted = expected[source.offset % texts.length] as (typeof expected)[number];
    assert.equal(stage, wanted.stage, `offset ${source.offset}`);
    assert.deepEqual([model, model_version], stage === 1 ? ['a', versions[0]] : ['b', versions[1]]);
    const [negative, positive] = wanted.scores as [number, number];
    assert.equal(label, negative >= positive ? 'NEGATIVE' : 'POSITIVE');
    assert.ok(Math.abs((scores['NEGATIVE'] as number) - negative) < 1e-5, `offset ${source.offset}`);
    assert.ok(Math.abs(score - Math.max(negative, positive)) < 1e-5);
    if (stage === 2) again++;
  }
  const { body } = await consumer.service.monitor.metricsText(undefined);
  for (const [stage, version, total] of [
    [1, versions[0], count - again],
    [2, versions[1], again],
  ] as const) {
    assert.match(body, new RegExp(`^sentiment_cascade_total\\{.*stage="${stage}"\\} ${total}$`, 'm'));
    const ofVersion = body.match(
      new RegExp(`^sentiment_results_total\\{.*model_version="${version}"\\} \\d+$`, 'gm'),
    );
    const counts = (ofVersion ?? []).map((line) => Number(line.split(' ').at(-1)));
    assert.equal(
      counts.reduce((sum, each) => sum + each, 0),
      total,
    );
  }
});

test('predictions over HTTP are those of the cascade', async (t) => {
  const { consumer } = cascade(t);
  await consumer.start();
  const found = await consumer.service.monitor.predict(texts);
  assert.deepEqual(
    found.map(({ stage }) => stage),
    texts.map((text) => expectedOf(text).stage),
  );
});

test('long texts are read in windows by both models', async (t) => {
  const { broker, consumer } = cascade(t, 1, {
    'model.long_text': 'windows',
    'model.max_length': 6,
    'model.window_overlap': 1,
  });
  await consumer.start();
  const long = 'good bad '.repeat(11).trim();
  for (let i = 0; i < 60; i++)
    sendRequest(broker, 0, i % 3 === 0 ? long : (texts[i % texts.length] as string));
  await until('all are answered', () => broker.audit.answered === 60);
  const results = resultsOf(broker).flat() as unknown as Result[];
  assert.deepEqual(new Set(results.map(({ stage }) => stage)), new Set([1, 2]));
  // The second tokenizer puts nothing around a text: 6 tokens, 5 of them new, cover 22.
  for (const { windows, source, stage } of results)
    if (source.offset % 3 === 0) assert.deepEqual([windows, stage], [5, 2]);
  assert.equal(consumer.service.monitor.counters.messagesProcessed, 60);
});

test('either model is exchanged under load, and no text is answered by a pair that never was', async (t) => {
  const { models, broker, versions, consumer } = cascade(t, 2);
  await consumer.start();
  let sent = 0;
  const load = setInterval(() => {
    for (let i = 0; i < 12; i++) sendRequest(broker, i % 2, texts[sent++ % texts.length] as string);
  }, 4);
  const seen = new Set<string>(versions);
  for (let i = 0; i < 4; i++) {
    const files = i % 2 === 0 ? second : first;
    const config = { ...(files['config.json'] as object), max_position_embeddings: 40 + i };
    writeFileSync(join(models.path(i % 2 === 0 ? 'b' : 'a'), 'config.json'), JSON.stringify(config));
    const { outcome, model_version: pair } = await consumer.service.modelReload.reload();
    assert.equal(outcome, 'reloaded');
    for (const version of pair.split('+')) seen.add(version);
  }
  assert.equal((await consumer.service.modelReload.reload()).outcome, 'unchanged');
  clearInterval(load);
  await until('all are answered', () => broker.audit.answered === sent, 60_000);
  const results = resultsOf(broker).flat() as unknown as Result[];
  assert.equal(results.length, sent);
  assert.deepEqual(new Set(results.map(({ model_version }) => model_version)), seen);
});

test('models that do not fit together are refused before anything starts', async (t) => {
  const models = new Models(t);
  models.write('a', first);
  models.write('other labels', filesOf({}, { id2label: { 0: 'DOWN', 1: 'UP' } }));
  models.write('values', filesOf({}, { ...labels, problem_type: 'regression' }));
  const start = (path: string) =>
    service(t, createBroker(1), models.path('a'), { more: { 'model.cascade': cascadeOf(path) } }).start();
  await Promise.all([
    assert.rejects(start(models.path('other labels')), /model\.cascade: The models have different labels/),
    assert.rejects(start(models.path('values')), /does not choose one label/),
    assert.rejects(start(models.path('none')), /does not exist/),
  ]);
});

test('models/default and models/accurate as a cascade say what each of them says', async (t) => {
  const below = 0.97;
  const corpus = createCorpus({ seed: 7, style: 'sst2' });
  const sentences = Array.from({ length: 160 }, () => corpus.next());
  const ask = async (model: string): Promise<Prediction[]> => {
    await using processor = await StreamProcessor.create({ model: join(root, model), threads: 1 });
    return await processor.predict(sentences);
  };
  const [fast, accurate] = [await ask('models/default'), await ask('models/accurate')];
  const broker = createBroker(3);
  for (const [i, text] of sentences.entries()) sendRequest(broker, i % 3, text);
  const consumer = service(t, broker, 'models/default', {
    more: { 'model.cascade': cascadeOf('models/accurate', below) },
  });
  await consumer.start();
  await until('all are answered', () => broker.audit.answered === sentences.length, 60_000);
  const results = resultsOf(broker).flat() as unknown as Result[];
  assert.equal(broker.all(topics.results).length, sentences.length);
  for (const { source, stage, label, score } of results) {
    const i = source.offset * 3 + source.partition;
    const first = (fast[i] as Prediction).score;
    if (Math.abs(first - below) < 0.005) continue; // a quantized model: the batch counts a little
    const isSure = first >= below;
    const wanted = (isSure ? fast : accurate)[i] as Prediction;
    assert.deepEqual([stage, label], [isSure ? 1 : 2, wanted.label], sentences[i]);
    assert.ok(Math.abs(score - wanted.score) < 0.01);
  }
  assert.deepEqual(new Set(results.map(({ stage }) => stage)), new Set([1, 2]));
});
