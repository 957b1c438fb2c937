/** The model is exchanged while messages flow: the whole service behind a fake Kafka, with real threads. */
import assert from 'node:assert/strict';
import { rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { KubesentimentError } from '../../src/errors.ts';
import { GatedBackend } from '../helpers/gated-backend.ts';
import { type Files, writeFiles } from '../models/directory.ts';
import { first, Models, type Result, resultsOf, second, send, service, serviceOfTwo } from './reload-rig.ts';
import { createBroker, topics, until } from './rig.ts';

const EXCHANGES = 6;

test('what the old model has read it answers, and what comes later the new one, in order', async (t) => {
  const models = new Models(t);
  const versions = [models.write('a', first), models.write('b', second)];
  models.use('a');
  const broker = createBroker(1);
  const gate = new GatedBackend();
  const consumer = service(t, broker, models.link, { backend: gate.module });
  await consumer.start();
  send(broker, 40);
  await gate.started(1);
  await until('the first are taken', () => consumer.service.monitor.gauges().inflightMessages === 40);
  models.use('b');
  const answer = await consumer.service.modelReload.reload();
  assert.deepEqual(answer, {
    outcome: 'reloaded',
    model: 'current',
    model_version: versions[1],
    previous_version: versions[0],
  });
  send(broker, 40);
  await until('the others are taken', () => consumer.service.monitor.gauges().inflightMessages === 80);
  assert.equal(consumer.service.monitor.build.modelVersion, versions[1]);
  gate.open();
  await until('all are answered', () => broker.audit.answered === 80);
  const [results] = resultsOf(broker) as [Result[]];
  assert.deepEqual(
    results.map(({ model_version }) => model_version),
    [...Array(40).fill(versions[0]), ...Array(40).fill(versions[1])],
  );
  assert.deepEqual(Object.keys(results[0]?.scores ?? {}), ['NEGATIVE', 'POSITIVE']);
  assert.deepEqual(Object.keys(results[79]?.scores ?? {}), ['DOWN', 'UP', 'LEVEL']);
  assert.equal(results[79]?.label, 'DOWN');
  const { body } = await consumer.service.monitor.metricsText(undefined);
  for (const [label, version] of [
    ['NEGATIVE', versions[0]],
    ['DOWN', versions[1]],
  ])
    assert.match(
      body,
      new RegExp(`^sentiment_results_total\\{.*label="${label}",model_version="${version}"\\} 40$`, 'm'),
    );
});

test('exchanges under load: each result is of the model that it names, and the group sees nothing', async (t) => {
  const models = new Models(t);
  const versions = { a: models.write('a', first), b: models.write('b', second) };
  models.use('a');
  const broker = createBroker(3);
  const consumer = service(t, broker, models.link);
  await consumer.start();
  await until('it has its partitions', () => consumer.service.monitor.details().partitions.length === 3);
  const { rebalances } = consumer.service.monitor.counters;
  let sent = 0;
  const load = setInterval(() => {
    send(broker, 12);
    sent += 12;
  }, 4);
  for (let i = 0; i < EXCHANGES; i++) {
    models.use(i % 2 === 0 ? 'b' : 'a');
    assert.equal((await consumer.service.modelReload.reload()).outcome, 'reloaded');
  }
  clearInterval(load);
  await until('all are answered', () => broker.audit.answered === sent, 60_000);
  const results = resultsOf(broker).flat();
  assert.equal(results.length, sent);
  for (const { model_version, label, scores } of results) {
    const names = model_version === versions.a ? ['NEGATIVE', 'POSITIVE'] : ['DOWN', 'UP', 'LEVEL'];
    assert.deepEqual([Object.keys(scores), names.includes(label)], [names, true], model_version);
  }
  assert.deepEqual(new Set(results.map((each) => each.model_version)), new Set(Object.values(versions)));
  assert.equal(consumer.service.monitor.counters.rebalances, rebalances);
  assert.equal(consumer.service.monitor.counters.modelsReloaded, EXCHANGES);
});

test('a model that cannot work is refused, with the reason, and the old one goes on', async (t) => {
  const models = new Models(t);
  const version = models.write('a', first);
  models.write('b', second);
  models.use('a');
  const broker = createBroker(1);
  const consumer = service(t, broker, models.link, {
    more: { 'result.routes': '{"POSITIVE":"results"}' },
  });
  await consumer.start();
  const graph = second['model.onnx'] as Buffer;
  const broken: [string, Files, RegExp][] = [
    [
      'half',
      { ...second, 'model.onnx': graph.subarray(0, graph.length / 2) },
      /no ONNX model|cannot be loaded/,
    ],
    ['tokens', { ...second, 'tokenizer.json': '{"model":' }, /not JSON/],
    ['labels', { ...second, 'config.json': '{"id2label":{"0":"A","1":"B"}}' }, /has a head/],
    ['routes', second, /no result has the label/],
    ['without', { ...second, 'model.onnx': undefined }, /no ONNX file/],
  ];
  for (const [name, files, reason] of broken) {
    writeFiles(models.path(name), files);
    models.use(name);
    await assert.rejects(consumer.service.modelReload.reload(), reason, name);
  }
  rmSync(models.link);
  await assert.rejects(consumer.service.modelReload.reload(), /does not exist/);
  assert.equal(consumer.service.monitor.counters.modelsRefused, broken.length + 1);
  send(broker, 20);
  await until('all are answered', () => broker.audit.answered === 20);
  assert.deepEqual(
    new Set(
      resultsOf(broker)
        .flat()
        .map((each) => each.model_version),
    ),
    new Set([version]),
  );
  models.use('a');
  assert.equal((await consumer.service.modelReload.reload()).outcome, 'unchanged');
});

test('a baseline that is written beside the model is compared with from the next reload on', async (t) => {
  const models = new Models(t);
  models.write('a', first);
  models.use('a');
  const broker = createBroker(1);
  const consumer = service(t, broker, models.link);
  await consumer.start();
  const { monitor, modelReload } = consumer.service;
  send(broker, 1_200);
  await until('there is enough for a baseline', () => monitor.counters.messagesProcessed === 1_200);
  const baseline = monitor.baseline();
  assert.equal(baseline.results, 1_200);
  writeFileSync(join(models.path('a'), 'baseline.json'), JSON.stringify(baseline));
  assert.equal(monitor.gauges().drift, undefined);
  assert.equal((await modelReload.reload()).outcome, 'unchanged');
  send(broker, 2_400);
  await until('the results are compared', () => monitor.gauges().drift !== undefined);
  assert.ok((monitor.gauges().drift?.['length'] as number) < 0.1);
});

test('files that change while they are loaded are not taken', async (t) => {
  const { models, consumer } = serviceOfTwo(t);
  await consumer.start();
  models.use('b');
  const writing = setInterval(
    () => writeFileSync(join(models.path('b'), 'README.md'), String(Math.random())),
    1,
  );
  const reloading = consumer.service.modelReload.reload();
  await assert.rejects(
    reloading,
    (error) => error instanceof KubesentimentError && /changed while/.test(error.message),
  );
  clearInterval(writing);
});

test('with model.watch a link that leads elsewhere is enough; a half-written file is left alone', async (t) => {
  const models = new Models(t);
  models.write('a', first);
  const version = models.write('b', second);
  models.use('a');
  const broker = createBroker(1);
  const consumer = service(t, broker, models.link, { more: { 'model.watch': true } });
  await consumer.start();
  const graph = second['model.onnx'] as Buffer;
  truncateSync(join(models.path('b'), 'model.onnx'), graph.length >> 1);
  models.use('b');
  await until('it is refused', () => consumer.service.monitor.counters.modelsRefused === 1);
  writeFileSync(join(models.path('b'), 'model.onnx'), graph);
  await until('it is taken up', () => consumer.service.model.version === version);
  assert.equal(consumer.service.monitor.counters.modelsRefused, 1);
});

test('a stop waits for a reload that is under way, which then changes nothing', async (t) => {
  const { models, broker, consumer } = serviceOfTwo(t);
  await consumer.start();
  send(broker, 40);
  models.use('b');
  const reloading = assert.rejects(consumer.service.modelReload.reload(), /only while the service runs/);
  await consumer.stop();
  await reloading;
  assert.deepEqual(broker.audit.violations, []);
  await assert.rejects(consumer.service.modelReload.reload(), /only while the service runs/);
});

test('members that come and go while the model is exchanged lose and double nothing', async (t) => {
  const models = new Models(t);
  models.write('a', first);
  models.write('b', second);
  models.use('a');
  const broker = createBroker(4);
  const consumer = service(t, broker, models.link);
  await consumer.start();
  let sent = 0;
  const load = setInterval(() => {
    send(broker, 8);
    sent += 8;
  }, 4);
  for (let i = 0; i < 2; i++) {
    models.use(i % 2 === 0 ? 'b' : 'a');
    const other = service(t, broker, models.link);
    await Promise.all([consumer.service.modelReload.reload(), other.start()]);
    await Promise.all([other.stop(), consumer.service.modelReload.reload()]);
  }
  clearInterval(load);
  await until('all are answered', () => broker.audit.answered === sent, 60_000);
  assert.equal(resultsOf(broker).flat().length, sent);
});

test('SIGHUP without a model refuses nothing; somebody who asks for a model is told', async (t) => {
  const events: string[] = [];
  const write = (event: string): void => void events.push(event);
  const logger = { debug: write, info: write, warn: write, error: write };
  const loaded = loadConfig({
    overrides: {
      ...{ 'kafka.topic': topics.requests, 'kafka.results_topic': topics.results },
      ...{ 'kafka.dlq_topic': topics.deadLetters, 'kafka.consumer_threads': 1, 'model.path': null },
    },
  });
  const options = { config: loaded.config, reload: () => loaded, logger };
  const consumer = service(t, createBroker(1), 'models/default', options);
  await consumer.start();
  await consumer.reload();
  assert.deepEqual([events.includes('config_reloaded'), events.includes('model_refused')], [true, false]);
  await assert.rejects(consumer.service.modelReload.reload(), /model\.path is null/);
});
