/** The ways in which a program ends a consumer, and what the loop over its results sees of each. */
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { KubesentimentError } from '../../../src/errors.ts';
import type { ResultStream } from '../../../src/service/result-readers.ts';
import { createBroker, sendRequest } from '../../pipeline/rig.ts';
import { consumerOn } from './consumer-on.ts';

const end = { done: true, value: undefined };
const failing = new KubesentimentError('KS_KAFKA_FATAL', 'It broke.');

async function countOf(stream: ResultStream): Promise<number> {
  let count = 0;
  for await (const messages of stream) count += messages.length;
  return count;
}

test('disposing of a consumer stops it, running or not', async (t) => {
  const consumer = consumerOn(t, createBroker(1));
  await consumer[Symbol.asyncDispose]();
  await consumer.start();
  await consumer[Symbol.asyncDispose]();
  assert.equal(consumer.state, 'stopped');
  assert.equal(consumer[Symbol.asyncDispose](), consumer.stop());
});

test('a signal that aborts drains and stops a running consumer; its listener is gone afterwards', async (t) => {
  const broker = createBroker(1);
  const consumer = consumerOn(t, broker);
  const controller = new AbortController();
  const results = consumer.results();
  await consumer.start({ signal: controller.signal });
  assert.equal(getEventListeners(controller.signal, 'abort').length, 1);
  for (let i = 0; i < 20; i++) sendRequest(broker, 0, `text ${i}`);
  assert.ok(!(await results.next()).done);
  controller.abort();
  assert.equal(getEventListeners(controller.signal, 'abort').length, 0);
  await consumer.stop();
  assert.equal(consumer.state, 'stopped');
  assert.deepEqual(broker.audit.violations, []);
});

test('a consumer that stops by itself leaves no listener on the signal, and is not stopped by it later', async (t) => {
  const consumer = consumerOn(t, createBroker(1));
  const controller = new AbortController();
  await consumer.start({ signal: controller.signal });
  await consumer.stop();
  assert.equal(getEventListeners(controller.signal, 'abort').length, 0);
  await consumer.start();
  controller.abort();
  assert.equal(consumer.isRunning(), true);
});

test('a signal that aborts during the start ends it as `stop` does', async (t) => {
  const controller = new AbortController();
  const consumer = consumerOn(t, createBroker(1), { whileStarting: () => controller.abort() });
  await consumer.start({ signal: controller.signal });
  await consumer.stop();
  assert.equal(consumer.state, 'stopped');
});

test('a signal that has aborted starts nothing', async (t) => {
  const consumer = consumerOn(t, createBroker(1), { whileStarting: () => assert.fail('it has started') });
  const reason = new Error('too late');
  const starting = consumer.start({ signal: AbortSignal.abort(reason) });
  await assert.rejects(starting, { code: 'KS_STATE', cause: reason });
  assert.equal(consumer.state, 'stopped');
});

test('a start that fails leaves no listener on the signal and rejects the loop', async (t) => {
  for (const overrides of [{}, { 'model.path': '/nowhere' }]) {
    const consumer = consumerOn(t, createBroker(1), { whileStarting: (fail) => fail(failing), overrides });
    const { signal } = new AbortController();
    const results = consumer.results();
    const error = await consumer.start({ signal }).catch((reason) => reason);
    assert.equal(error.code, 'model.path' in overrides ? 'KS_MODEL_NOT_FOUND' : 'KS_KAFKA_FATAL');
    assert.equal(getEventListeners(signal, 'abort').length, 0);
    await assert.rejects(results.next(), error);
    assert.deepEqual(await results.next(), end);
  }
});

test('a drain that an aborted signal could not finish is logged, not an unhandled rejection', async (t) => {
  const broker = createBroker(1);
  const logged: unknown[] = [];
  const ignore = (): void => undefined;
  const consumer = consumerOn(t, broker, {
    faults: (call) => (call === 'commit' ? 'abort' : 'none'),
    logger: { debug: ignore, info: ignore, warn: ignore, error: (event) => logged.push(event) },
  });
  const controller = new AbortController();
  await consumer.start({ signal: controller.signal });
  sendRequest(broker, 0, 'one');
  while (consumer.getMetrics().transactions_aborted === 0) await new Promise((done) => setTimeout(done, 5));
  controller.abort();
  await assert.rejects(consumer.stop(), { code: 'KS_DRAIN_TIMEOUT' });
  assert.deepEqual(logged, ['stop_incomplete']);
});

test('a loop over results gets everything that was committed, and ends with the consumer', async (t) => {
  const broker = createBroker(2);
  const consumer = consumerOn(t, broker);
  const counted = countOf(consumer.results());
  const heard: number[] = [];
  consumer.on('results', (messages) => heard.push(messages.length));
  await consumer.start();
  for (let i = 0; i < 40; i++) sendRequest(broker, i % 2, `text ${i}`);
  while (broker.audit.answered < 40) await new Promise(setImmediate);
  await consumer.stop();
  assert.equal(await counted, 40);
  assert.equal(
    heard.reduce((sum, count) => sum + count, 0),
    40,
  );
});

test('a stop of a consumer that never started ends the loop too', async (t) => {
  const consumer = consumerOn(t, createBroker(1));
  await consumer.stop();
  const results = consumer.results();
  await consumer.stop();
  assert.deepEqual(await results.next(), end);
});

test('a consumer that fails rejects its loops, those that begin afterwards too', async (t) => {
  const broker = createBroker(1);
  let commits = 0;
  const consumer = consumerOn(t, broker, {
    faults: (call) => (call === 'commit' && ++commits === 2 ? 'fatal' : 'none'),
  });
  const results = consumer.results();
  await consumer.start();
  sendRequest(broker, 0, 'one');
  assert.equal((await results.next()).value?.length, 1);
  sendRequest(broker, 0, 'two');
  await assert.rejects(results.next(), { code: 'KS_KAFKA_FATAL' });
  await assert.rejects(consumer.results().next(), { code: 'KS_KAFKA_FATAL' });
  await consumer.stop();
});

test('a buffer without a limit is refused', (t) => {
  const consumer = consumerOn(t, createBroker(1));
  for (const bufferMax of [Number.NaN, 0, -1])
    assert.throws(() => consumer.results({ bufferMax }), { code: 'KS_USAGE' });
});

test('a loop that nobody reads costs no more than its buffer, and one line in the log', async (t) => {
  const broker = createBroker(1);
  const logged: unknown[] = [];
  const ignore = (): void => undefined;
  const consumer = consumerOn(t, broker, {
    logger: {
      debug: ignore,
      info: ignore,
      warn: (event, fields) => logged.push([event, fields]),
      error: ignore,
    },
  });
  const results = consumer.results({ bufferMax: 1 });
  await consumer.start();
  for (let sent = 1; sent <= 3; sent++) {
    sendRequest(broker, 0, `text ${sent}`);
    while (broker.audit.answered < sent) await new Promise(setImmediate);
  }
  await consumer.stop();
  assert.equal(results.dropped, 2);
  assert.deepEqual(logged, [['results_dropped', { buffer: 1 }]]);
  assert.equal((await results.next()).value?.[0]?.offset, 2);
  assert.deepEqual(await results.next(), end);
});
