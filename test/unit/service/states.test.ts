/** Run states of the consumer, over a broker in memory and without a model. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { KubesentimentError } from '../../../src/errors.ts';
import { createBroker, sendRequest } from '../../pipeline/rig.ts';
import { consumerOn } from './consumer-on.ts';

test('a fatal error while it starts is not forgotten when the start is over', async (t) => {
  const reason = new KubesentimentError('KS_KAFKA_FATAL', 'It broke.');
  const consumer = consumerOn(t, createBroker(1), { whileStarting: (fail) => fail(reason) });
  const errors: unknown[] = [];
  consumer.on('error', (error) => errors.push(error));
  await assert.rejects(consumer.start(), reason);
  assert.deepEqual(errors, [reason]);
  assert.equal(consumer.isRunning(), false);
  await consumer.stop();
  assert.equal(consumer.state, 'stopped');
});

test('a fatal error ends the run: told once, nothing more is committed, stop still closes everything', async (t) => {
  const broker = createBroker(1);
  let commits = 0;
  const consumer = consumerOn(t, broker, {
    faults: (call) => (call === 'commit' && ++commits === 2 ? 'fatal' : 'none'),
  });
  const states: string[] = [];
  consumer.on('state', (state) => states.push(state));
  await consumer.start();
  sendRequest(broker, 0, 'one');
  while (broker.audit.answered < 1) await new Promise(setImmediate);
  const failed = once(consumer, 'error');
  sendRequest(broker, 0, 'two');
  const [error] = (await failed) as [KubesentimentError];
  assert.equal(error.code, 'KS_KAFKA_FATAL');
  assert.equal(consumer.state, 'failed');
  sendRequest(broker, 0, 'three');
  await consumer.stop();
  assert.equal(broker.audit.answered, 1);
  assert.deepEqual(broker.audit.violations, []);
  assert.deepEqual(states, ['starting', 'running', 'failed', 'draining', 'stopped']);
});

test('what cannot be drained in time is told, and read again', async (t) => {
  const broker = createBroker(1);
  const consumer = consumerOn(t, broker, { faults: (call) => (call === 'commit' ? 'abort' : 'none') });
  await consumer.start();
  sendRequest(broker, 0, 'one');
  while (consumer.getMetrics().transactions_aborted === 0) await new Promise((done) => setTimeout(done, 5));
  const stopping = consumer.stop();
  await assert.rejects(stopping, { code: 'KS_DRAIN_TIMEOUT' });
  assert.equal(consumer.state, 'stopped');
  assert.equal(broker.audit.answered, 0);
});
