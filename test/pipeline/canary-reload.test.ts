/** Reloads of a service with a canary, at bad moments and with files that cannot be used. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { GatedBackend } from '../helpers/gated-backend.ts';
import { filesOf, type Files, labels } from '../models/directory.ts';
import { alike, answered, send, setUp, versionAt, versionOf, versionsOf } from './canary-service-rig.ts';
import { topics, until } from './rig.ts';

const withLength = (length: number): Files => filesOf({}, { ...labels, max_position_embeddings: length });
const noGraph: Files = { ...alike, 'model.onnx': undefined };
/** As if somebody were still writing it. */
function halfOf(files: Files): Files {
  const graph = files['model.onnx'] as Buffer;
  return { ...files, 'model.onnx': graph.subarray(0, graph.length >> 1) };
}

for (const [what, files] of [
  ['has no graph', noGraph],
  ['has half of a graph', halfOf(alike)],
  ['cannot classify', filesOf({ labels: 3 })],
  ['has other labels', filesOf({}, { id2label: { 0: 'DOWN', 1: 'UP' } })],
] as const)
  test(`a canary that ${what} at the start keeps no later model out, and is tried again`, async (t) => {
    const { broker, consumer, models, put, of } = setUp(t, files);
    await consumer.start();
    const { modelReload, monitor } = consumer.service;
    put('a', withLength(48));
    assert.equal((await modelReload.reload()).outcome, 'reloaded');
    const version = versionAt(models.path('a'));
    assert.equal(consumer.service.model.version, version);
    assert.deepEqual([monitor.canary().reason, of('model_refused').length], ['refused', 0]);
    assert.equal(of('canary_refused').length, 2);
    send(broker, 0, 20);
    await answered(broker, 20);
    assert.deepEqual(versionsOf(broker), new Set([version]));

    put('a', noGraph);
    await assert.rejects(modelReload.reload(), { code: 'KS_MODEL_INVALID' });
    assert.equal(consumer.service.model.version, version);
    put('a', withLength(40));
    put('b', alike);
    assert.equal((await modelReload.reload()).outcome, 'reloaded');
    assert.deepEqual(
      [monitor.canary().state, monitor.canary().model_version],
      ['running', versionOf(models)],
    );
  });

test('a canary that was returned from keeps no later model out either; one that answers does', async (t) => {
  const { consumer, models, put, version } = setUp(t, alike);
  await consumer.start();
  const { modelReload, beside, monitor } = consumer.service;
  put('b', halfOf(withLength(40)));
  put('a', withLength(48));
  await assert.rejects(modelReload.reload());
  assert.deepEqual([monitor.canary().state, consumer.service.model.version], ['running', version]);
  beside.canary.return();
  assert.equal((await modelReload.reload()).outcome, 'reloaded');
  assert.equal(consumer.service.model.version, versionAt(models.path('a')));
  assert.equal(monitor.canary().reason, 'refused');
});

test('another canary by configuration is not done without: the configuration is refused', async (t) => {
  const { consumer, models, of } = setUp(t, noGraph);
  await consumer.start();
  const { config } = consumer;
  const canary = { ...config.model.canary, path: models.path('nowhere') } as typeof config.model.canary;
  const other = { ...config, model: { ...config.model, canary } };
  await assert.rejects(consumer.service.modelReload.reloadWith(other), { code: 'KS_MODEL_NOT_FOUND' });
  assert.equal(of('model_reloaded').length, 0);
});

test('a half-written canary is not taken while another answers; when it is complete, it is', async (t) => {
  const { broker, consumer, models, put } = setUp(t, alike);
  await consumer.start();
  const { modelReload } = consumer.service;
  const before = versionOf(models);
  send(broker, 0, 100);
  put('b', halfOf(withLength(40)));
  await assert.rejects(modelReload.reload(), { code: 'KS_MODEL_INVALID' });
  send(broker, 100, 100);
  put('b', withLength(40));
  assert.equal((await modelReload.reload()).outcome, 'reloaded');
  send(broker, 200, 100);
  await answered(broker, 300);
  assert.ok(versionsOf(broker).has(before) && versionsOf(broker).has(versionOf(models)));
});

const BEFORE = 60;
const AFTER = 60;

/** All threads are busy; both models of two editions have messages. */
async function allBusy(t: TestContext) {
  const gate = new GatedBackend();
  const scene = setUp(t, alike, { backend: gate.module });
  t.after(() => gate.open());
  const { broker, consumer, models, put } = scene;
  const known = [versionAt(models.path('a')), versionOf(models)];
  await consumer.start();
  const taken = (): number => consumer.service.monitor.gauges().inflightMessages;
  send(broker, 0, BEFORE);
  await until('the first are taken', () => taken() === BEFORE);
  put('a', withLength(48));
  put('b', withLength(40));
  known.push(versionAt(models.path('a')), versionOf(models));
  await consumer.service.modelReload.reload();
  send(broker, BEFORE, AFTER);
  await until('the others are taken', () => taken() === BEFORE + AFTER);
  assert.equal(broker.audit.answered, 0);
  return { ...scene, gate, known };
}

/** Both models in use have answered. The canaries, too, unless the machine is so slow that they seem to hang. */
function assertKnown(found: ReadonlySet<string>, known: readonly string[]): void {
  for (const version of found) assert.ok(known.includes(version), version);
  assert.ok(found.has(known[0] as string) && found.has(known[2] as string));
}

test('all threads are busy: both models are exchanged, and each of the four answers what it has', async (t) => {
  const { broker, gate, known } = await allBusy(t);
  gate.open();
  await answered(broker, BEFORE + AFTER);
  assertKnown(versionsOf(broker), known);
  assert.equal(broker.all(topics.results).length, BEFORE + AFTER);
});

test('all threads are busy, and the service drains: what all four models have is committed', async (t) => {
  const { broker, consumer, gate, known } = await allBusy(t);
  const stopping = consumer.stop();
  gate.open();
  await stopping;
  assert.equal(broker.audit.answered, BEFORE + AFTER);
  assertKnown(versionsOf(broker), known);
  assert.equal(broker.all(topics.results).length, BEFORE + AFTER);
});
