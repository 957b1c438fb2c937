/** A service with a canary: it is loaded, judged, promoted, returned from and refused while messages flow. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../../src/corpus/random.ts';
import type { HighThroughputKafkaConsumer } from '../../src/service/high-throughput-kafka-consumer.ts';
import { makeFaultyModel } from '../helpers/faulty-model.ts';
import { filesOf, labels, temporaryFolder } from '../models/directory.ts';
import {
  alike,
  answered,
  opposite,
  send,
  setUp,
  versionAt,
  versionOf,
  versionsOf,
} from './canary-service-rig.ts';
import { topics, until } from './rig.ts';

const metric = async (consumer: HighThroughputKafkaConsumer, pattern: RegExp): Promise<boolean> =>
  pattern.test((await consumer.service.monitor.metricsText(undefined)).body);

test('a canary that agrees goes on, is compared, and is seen by version', async (t) => {
  const { models, broker, consumer, version, of } = setUp(t, alike);
  const nextVersion = versionOf(models);
  await consumer.start();
  let sent = 0;
  const { monitor } = consumer.service;
  while ((monitor.counters.canary?.compared.compared ?? 0) < 60) {
    send(broker, sent, 50);
    sent += 50;
    await answered(broker, sent);
  }
  const report = monitor.canary();
  assert.deepEqual(
    [report.state, report.reason, report.model, report.model_version, report.share, report.agreement],
    ['running', null, 'b', nextVersion, 0.4, 1],
  );
  assert.equal(report.failed, 0);
  assert.deepEqual(versionsOf(broker), new Set([version, nextVersion]));
  assert.deepEqual(of('canary_loaded')[0]?.['share'], 0.4);
  const labels = `canary_version="${nextVersion}"`;
  assert.ok(await metric(consumer, new RegExp(`^sentiment_canary_share\\{.*${labels}\\} 0\\.4$`, 'm')));
  assert.ok(await metric(consumer, new RegExp(`^sentiment_canary_agreement_ratio\\{.*${labels}\\} 1$`, 'm')));
  assert.ok(
    await metric(consumer, new RegExp(`^sentiment_results_total\\{.*"${nextVersion}"\\} [1-9]`, 'm')),
  );
  assert.ok(!(await metric(consumer, /^sentiment_canary_returned\{/m)));
});

test('a canary that says the opposite is returned from, with an event and a metric, and is freed', async (t) => {
  const { broker, consumer, version, of } = setUp(t, opposite);
  await consumer.start();
  const { monitor } = consumer.service;
  let sent = 0;
  while (monitor.counters.canary?.endedBy === undefined) {
    send(broker, sent, 50);
    sent += 50;
    await answered(broker, sent);
  }
  await until('it is retired', () => of('canary_retired').length === 1);
  const ends = [0, 1].map((partition) => broker.end({ topic: topics.requests, partition }));
  send(broker, sent, 100);
  await answered(broker, sent + 100);
  assert.deepEqual(versionsOf(broker, Math.max(...ends)), new Set([version]));
  const [event] = of('canary_returned');
  assert.deepEqual([event?.['reason'], event?.['model']], ['disagreement', 'b']);
  const { state, reason, differences } = monitor.canary();
  assert.deepEqual([state, reason], ['returned', 'disagreement']);
  assert.ok(differences.some((each) => each.label !== each.old_label));
  assert.ok(await metric(consumer, /^sentiment_canary_returned\{.*reason="disagreement"\} 1$/m));
  assert.ok(await metric(consumer, /^sentiment_canary_share\{.*\} 0$/m));
  assert.equal((await consumer.service.modelReload.reload()).outcome, 'unchanged');
  assert.equal(monitor.canary().state, 'returned', 'the same files are not tried again');
  await assert.rejects(consumer.service.beside.canary.promote(), { code: 'KS_STATE' });
});

test('a canary that hangs in ONNX Runtime: its messages are answered, and the service stops', async (t) => {
  const folder = temporaryFolder(t);
  const { broker, consumer, version, of } = setUp(t, filesOf(), {
    canary: { path: makeFaultyModel(folder), share: 1 },
    more: { 'kafka.processing_timeout_ms': 2_000, 'model.max_threads': 1 },
  });
  await consumer.start();
  send(broker, 0, 20);
  await answered(broker, 20);
  // Takes ten seconds or so.
  send(broker, 20, 1, () => `It is ${'slow '.repeat(300)}.`);
  send(broker, 21, 40);
  await answered(broker, 61);
  assert.deepEqual(
    of('canary_returned').map(({ reason }) => reason),
    ['hang'],
  );
  assert.ok(versionsOf(broker).has(version));
  await consumer.stop();
  assert.equal(consumer.state, 'stopped');
});

test('promotion: all keys go to it, and the configuration in use says so', async (t) => {
  const { broker, consumer, models, of } = setUp(t, alike);
  const nextVersion = versionOf(models);
  await consumer.start();
  send(broker, 0, 100);
  const promoted = await consumer.service.beside.canary.promote();
  assert.deepEqual([promoted.outcome, promoted.model_version], ['reloaded', nextVersion]);
  await answered(broker, 100);
  const ends = [0, 1].map((partition) => broker.end({ topic: topics.requests, partition }));
  send(broker, 100, 100);
  await answered(broker, 200);
  assert.deepEqual(versionsOf(broker, Math.max(...ends)), new Set([nextVersion]));
  assert.equal(consumer.service.model.version, nextVersion);
  assert.deepEqual(of('canary_promoted'), [{ model: 'b', version: nextVersion }]);
  const { model } = consumer.config;
  assert.deepEqual([model.path, model.canary], [models.path('b'), undefined]);
  assert.throws(() => consumer.service.monitor.canary(), /model\.canary is not set/);
  assert.ok(!(await metric(consumer, /^sentiment_canary_share\{/m)));
});

test('what is promoted is what was tried: other files are refused', async (t) => {
  const { consumer, models, version } = setUp(t, alike);
  await consumer.start();
  models.write('b', opposite);
  await assert.rejects(consumer.service.beside.canary.promote(), /have changed since its trial began/);
  assert.equal(consumer.service.model.version, version);
  assert.equal(consumer.service.monitor.canary().state, 'running');
});

test('a reload during a trial exchanges both, and the trial begins anew', async (t) => {
  const { broker, consumer, models } = setUp(t, alike);
  const nextVersion = versionOf(models);
  await consumer.start();
  send(broker, 0, 100);
  const version = models.write('a', filesOf({}, { ...labels, max_position_embeddings: 48 }));
  assert.equal((await consumer.service.modelReload.reload()).outcome, 'reloaded');
  assert.equal(consumer.service.monitor.canary().compared, 0);
  await answered(broker, 100);
  const ends = [0, 1].map((partition) => broker.end({ topic: topics.requests, partition }));
  send(broker, 100, 100);
  await answered(broker, 200);
  assert.deepEqual(versionsOf(broker, Math.max(...ends)), new Set([version, nextVersion]));
});

test('reloads, returns and promotions while messages flow: nothing is lost or doubled', async (t) => {
  const { broker, consumer, models, put } = setUp(t, alike);
  await consumer.start();
  const { modelReload, beside } = consumer.service;
  const random = new Random(7);
  const known = new Set(['a', 'b'].map((name) => versionAt(models.path(name))));
  let sent = 0;
  let isOver = false;
  const sending = (async () => {
    for (; !isOver; sent += 20) {
      send(broker, sent, 20);
      await sleep(5);
    }
  })();
  for (let round = 0; round < 6; round++) {
    const name = round % 2 === 0 ? 'a' : 'b';
    put(name, filesOf({}, { ...labels, max_position_embeddings: 40 + round }));
    for (const each of ['a', 'b']) known.add(versionAt(models.path(each)));
    assert.equal((await modelReload.reload()).outcome, 'reloaded');
    const before = broker.audit.answered;
    await until('it has gone on', () => broker.audit.answered > before + 40);
    if (round < 5 && random.chance(0.5)) beside.canary.return();
  }
  await beside.canary.promote();
  isOver = true;
  await sending;
  await answered(broker, sent);
  for (const version of versionsOf(broker)) assert.ok(known.has(version), version);
  assert.equal(broker.all(topics.results).length, sent);
});

test('a canary whose trial ends while it is loaded for its promotion is not promoted', async (t) => {
  const { consumer, of } = setUp(t, alike);
  await consumer.start();
  const { canary } = consumer.service.beside;
  const { version } = consumer.service.model;
  const promoting = canary.promote();
  canary.return();
  await assert.rejects(promoting, /The trial of the canary is over/);
  assert.equal(consumer.service.model.version, version);
  assert.equal(of('canary_promoted').length, 0);
  assert.ok(consumer.config.model.canary !== undefined);
});

test('an operator returns from it', async (t) => {
  const { consumer, of } = setUp(t, alike);
  await consumer.start();
  const { canary } = consumer.service.beside;
  assert.deepEqual([canary.return().state, canary.report().reason], ['returned', 'operator']);
  assert.throws(() => canary.return(), /The trial of the canary is over/);
  await until('it is retired', () => of('canary_retired').length === 1);
});

for (const [what, files] of [
  ['has no graph', { ...alike, 'model.onnx': undefined }],
  ['cannot classify', filesOf({ labels: 3 })],
  ['has other labels', filesOf({}, { id2label: { 0: 'DOWN', 1: 'UP' } })],
] as const)
  test(`a canary that ${what} is no reason not to start, and is refused by a reload`, async (t) => {
    const spoiled = setUp(t, files);
    await spoiled.consumer.start();
    const { monitor, model } = spoiled.consumer.service;
    assert.deepEqual([monitor.counters.canary?.endedBy, monitor.canary().state], ['refused', 'returned']);
    assert.ok(await metric(spoiled.consumer, /^sentiment_canary_returned\{.*reason="refused"\} 1$/m));
    assert.deepEqual([spoiled.of('canary_refused').length, model.version], [1, spoiled.version]);
    send(spoiled.broker, 0, 20);
    await answered(spoiled.broker, 20);
    assert.deepEqual(versionsOf(spoiled.broker), new Set([spoiled.version]));

    const good = setUp(t, alike);
    await good.consumer.start();
    good.put('b', files);
    await assert.rejects(good.consumer.service.modelReload.reload());
    assert.equal(good.consumer.service.monitor.canary().state, 'running', 'the one that runs goes on');
  });

test('a canary that is the model in use is none', async (t) => {
  const { consumer, of, broker, version } = setUp(t, filesOf());
  await consumer.start();
  send(broker, 0, 20);
  await answered(broker, 20);
  assert.deepEqual([of('canary_is_current').length, versionsOf(broker)], [1, new Set([version])]);
  assert.equal((await consumer.service.modelReload.reload()).outcome, 'unchanged');
});
