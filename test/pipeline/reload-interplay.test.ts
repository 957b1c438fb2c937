/** The model is exchanged at bad moments: both models have work, and no thread is free. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { GatedBackend } from '../helpers/gated-backend.ts';
import { first, Models, resultsOf, second, send, service } from './reload-rig.ts';
import { createBroker, until } from './rig.ts';

const BEFORE = 60;
const AFTER = 60;

/** A service all of whose threads are busy, with messages that the old model has read, and others of the new one. */
async function betweenTwo(t: TestContext) {
  const models = new Models(t);
  const versions = [models.write('a', first), models.write('b', second)] as const;
  models.use('a');
  const broker = createBroker(2);
  const gate = new GatedBackend();
  const consumer = service(t, broker, models.link, { backend: gate.module });
  t.after(() => gate.open());
  await consumer.start();
  const taken = () => consumer.service.monitor.gauges().inflightMessages;
  send(broker, BEFORE);
  await gate.started(2);
  await until('the first are taken', () => taken() === BEFORE);
  models.use('b');
  await consumer.service.modelReload.reload();
  send(broker, AFTER);
  await until('the others are taken', () => taken() === BEFORE + AFTER);
  return { models, versions, broker, gate, consumer };
}

test('all threads are busy: a reload does not wait for them, and each model answers what it has read', async (t) => {
  const { versions, broker, gate, consumer } = await betweenTwo(t);
  assert.equal(broker.audit.answered, 0);
  assert.equal(consumer.service.model.version, versions[1]);
  gate.open();
  await until('all are answered', () => broker.audit.answered === BEFORE + AFTER);
  for (const results of resultsOf(broker)) {
    const said = results.map(({ model_version }) => model_version);
    assert.deepEqual(
      said,
      [...said].sort((a, b) => versions.indexOf(a) - versions.indexOf(b)),
    );
    assert.deepEqual(new Set(said), new Set(versions));
  }
});

test('a partition is given back while both models have messages of it', async (t) => {
  const { models, broker, gate } = await betweenTwo(t);
  const other = service(t, broker, models.link);
  const starting = other.start();
  await new Promise(setImmediate);
  gate.open();
  await starting;
  await until('all are answered', () => broker.audit.answered === BEFORE + AFTER, 60_000);
  assert.equal(resultsOf(broker).flat().length, BEFORE + AFTER);
  await other.stop();
});

test('a service that drains commits what both models have, and nothing twice', async (t) => {
  const { broker, gate, consumer } = await betweenTwo(t);
  const stopping = consumer.stop();
  gate.open();
  await stopping;
  assert.equal(broker.audit.answered, BEFORE + AFTER);
  assert.equal(resultsOf(broker).flat().length, BEFORE + AFTER);
});

test('a reload while the one before it still has work waits for it', async (t) => {
  const { models, broker, gate, consumer } = await betweenTwo(t);
  models.use('a');
  let isDone = false;
  const reloading = consumer.service.modelReload.reload().then((answer) => {
    isDone = true;
    return answer.outcome;
  });
  for (let i = 0; i < 20; i++) await new Promise(setImmediate);
  assert.equal(isDone, false);
  gate.open();
  assert.equal(await reloading, 'reloaded');
  await until('all are answered', () => broker.audit.answered === BEFORE + AFTER);
});
