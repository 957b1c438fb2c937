/** Run states of the consumer, over a broker in memory and without a model. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { KubesentimentError } from '../../../src/errors.ts';
import { HighThroughputKafkaConsumer } from '../../../src/service/high-throughput-kafka-consumer.ts';
import type { KafkaClientsFactory } from '../../../src/session/kafka-clients.ts';
import { root } from '../../helpers/paths.ts';
import { FakeConsumer } from '../../pipeline/fake-consumer.ts';
import { FakeTransactionalProducer, type Faults } from '../../pipeline/fake-producer.ts';
import { createBroker, sendRequest, topics } from '../../pipeline/rig.ts';
import type { FakeBroker } from '../../pipeline/fake-broker.ts';

interface Setup {
  readonly faults?: Faults;
  /** Called while the consumer starts, with what ends it. */
  readonly whileStarting?: (fail: (error: Error) => void) => void;
}

function consumerOn(t: TestContext, broker: FakeBroker, setup: Setup = {}): HighThroughputKafkaConsumer {
  const clients: KafkaClientsFactory = async (_, { listener, onFatal }) => {
    setup.whileStarting?.(onFatal);
    const { faults } = setup;
    return {
      consumers: [new FakeConsumer({ broker, index: 0, listener, topic: topics.requests })],
      producer: new FakeTransactionalProducer({
        broker,
        source: topics.requests,
        ...(faults && { faults }),
      }),
      close: async () => undefined,
    };
  };
  const consumer = new HighThroughputKafkaConsumer({
    clients,
    overrides: {
      'kafka.topic': topics.requests,
      'kafka.results_topic': topics.results,
      'kafka.dlq_topic': topics.deadLetters,
      'kafka.consumer_threads': 1,
      'kafka.drain_timeout_ms': 300,
      'model.path': join(root, 'models/accurate'),
      'model.max_threads': 1,
      'logging.level': 'silent',
    },
  });
  t.after(() => consumer.stop().catch(() => undefined));
  return consumer;
}

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
