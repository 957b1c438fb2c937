/** A model that is asked beside the one in use: it changes no result, and what it says is counted. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { filesOf, labels } from '../models/directory.ts';
import { logitsOf, softmax, texts } from '../models/expected.ts';
import { tokenizerJson } from '../models/tokenizer.ts';
import { Models, resultsOf, send, service } from './reload-rig.ts';
import { createBroker, sendRequest, until } from './rig.ts';

const weights = {
  ...{ '[PAD]': [3, -1], '[UNK]': [0, 0], '[CLS]': [90, 0], '[SEP]': [0, 0] },
  ...{ good: [2, 0], bad: [0, 3], fine: [0.5, 0.25], dull: [0, 0.5] },
} as const;
/** Says the opposite of nearly everything, with a tokenizer of its own. */
const opposite = filesOf({ weights }, labels, { 'tokenizer.json': tokenizerJson({ special: false }) });

function setUp(t: TestContext, share: number, more: Readonly<Record<string, unknown>> = {}) {
  const models = new Models(t);
  const version = models.write('a', filesOf());
  const shadowVersion = models.write('b', opposite);
  const broker = createBroker(1);
  const shadow = JSON.stringify({ path: models.path('b'), share });
  const consumer = service(t, broker, models.path('a'), {
    more: { 'model.shadow': shadow, 'model.max_threads': 2, ...more },
  });
  return { models, version, shadowVersion, broker, consumer };
}

const best = (scores: readonly number[]): number => scores.indexOf(Math.max(...scores));
const shadowScores = (text: string): number[] =>
  softmax(
    [0, 1].map((i) => text.split(' ').reduce((sum, word) => sum + (weights[word as 'good'][i] as number), 0)),
  ) as number[];

test('every text is compared, the results are those of the model in use, and the farthest are named', async (t) => {
  const { broker, version, shadowVersion, consumer } = setUp(t, 1);
  await consumer.start();
  const { monitor } = consumer.service;
  const count = 5 * texts.length;
  for (let i = 0; i < count; i++) {
    sendRequest(broker, 0, texts[i % texts.length] as string);
    // One after the other: what finds no room is not compared.
    await until('it is compared', () => monitor.counters.shadow?.compared === i + 1);
  }
  assert.deepEqual(
    new Set(
      resultsOf(broker)
        .flat()
        .map((each) => each.model_version),
    ),
    new Set([version]),
  );
  const found = monitor.shadow();
  const isSame = texts.map((text) => best(softmax(logitsOf(text))) === best(shadowScores(text)));
  const same = isSame.filter(Boolean).length;
  assert.deepEqual(
    [found.model, found.model_version, found.agreed, found.differed, found.failed, found.skipped],
    ['b', shadowVersion, 5 * same, 5 * (texts.length - same), 0, 0],
  );
  assert.ok(Math.abs((found.agreement as number) - same / texts.length) < 1e-9);
  assert.equal(found.differences.length, 20);
  for (const { offset, label, score, shadow_label, distance } of found.differences) {
    const text = texts[offset % texts.length] as string;
    const [own, other] = [softmax(logitsOf(text)), shadowScores(text)] as const;
    assert.deepEqual(
      [label, shadow_label],
      [best(own), best(other)].map((i) => labels.id2label[i as 0 | 1]),
    );
    assert.ok(Math.abs(score - Math.max(...own)) < 1e-5);
    assert.ok(Math.abs(distance - Math.abs(Math.max(...own) - (other[best(own)] as number))) < 1e-5);
  }
  const { body } = await monitor.metricsText(undefined);
  assert.match(
    body,
    new RegExp(`^sentiment_shadow_agreement_ratio\\{.*shadow_version="${shadowVersion}"\\} `, 'm'),
  );
  assert.match(body, new RegExp(`^sentiment_shadow_total\\{.*outcome="same"\\} ${5 * same}$`, 'm'));
  assert.match(body, new RegExp(`^sentiment_shadow_distance_count\\{.*\\} ${count}$`, 'm'));
});

test('under load as many are compared as there is time for, and nothing else changes', async (t) => {
  const { broker, consumer } = setUp(t, 0.5);
  await consumer.start();
  let sent = 0;
  const load = setInterval(() => {
    send(broker, 40);
    sent += 40;
  }, 3);
  await until('enough has come', () => sent >= 4_000);
  clearInterval(load);
  await until('all are answered', () => broker.audit.answered === sent, 60_000);
  assert.equal(resultsOf(broker).flat().length, sent);
  const { counters } = consumer.service.monitor;
  await until('what waits is compared', () => {
    const { compared = 0, skipped = 0 } = counters.shadow ?? {};
    return compared > 0 && compared + skipped > 0.4 * sent;
  });
  const { compared = 0, skipped = 0, failed } = counters.shadow ?? {};
  assert.ok(compared + skipped < 0.6 * sent);
  assert.equal(failed, 0);
});

test('a reload exchanges it, without it nothing is said, and other labels are refused', async (t) => {
  const { models, broker, consumer, shadowVersion } = setUp(t, 1);
  await consumer.start();
  const { monitor, modelReload } = consumer.service;
  models.write('b', filesOf({ weights }, { ...labels, max_position_embeddings: 32 }));
  assert.equal((await modelReload.reload()).outcome, 'reloaded');
  assert.notEqual(monitor.shadow().model_version, shadowVersion);
  assert.equal((await modelReload.reload()).outcome, 'unchanged');
  send(broker, 1);
  await until('it is compared', () => monitor.counters.shadow?.compared === 1);
  models.write('b', filesOf({}, { id2label: { 0: 'DOWN', 1: 'UP' } }));
  await assert.rejects(modelReload.reload(), /model\.shadow: The models have different labels/);
  const without = service(t, createBroker(1), models.path('a'));
  await without.start();
  assert.throws(() => without.service.monitor.shadow(), /model\.shadow is not set/);
});
