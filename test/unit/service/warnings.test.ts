/** What a start warns about: settings that do no harm and bring nothing. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { HighThroughputKafkaConsumer } from '../../../src/service/high-throughput-kafka-consumer.ts';
import { root } from '../../helpers/paths.ts';
import { FakeConsumer } from '../../pipeline/fake-consumer.ts';
import { FakeTransactionalProducer } from '../../pipeline/fake-producer.ts';
import { createBroker, topics } from '../../pipeline/rig.ts';

const PARTITIONS = 2;

/** Events and fields of all warnings of a start. */
async function warningsOf(
  settings: Readonly<Record<string, unknown>>,
  consumers = 1,
): Promise<Map<string, unknown>> {
  const warnings = new Map<string, unknown>();
  const ignore = (): void => undefined;
  const broker = createBroker(PARTITIONS);
  const consumer = new HighThroughputKafkaConsumer({
    clients: async (_config, { listener }) => ({
      consumers: Array.from(
        { length: consumers },
        (_, index) => new FakeConsumer({ broker, index, listener, topic: topics.requests }),
      ),
      producer: new FakeTransactionalProducer({ broker, source: topics.requests }),
      close: async () => undefined,
    }),
    logger: {
      debug: ignore,
      info: ignore,
      warn: (event, fields) => warnings.set(event, fields),
      error: ignore,
    },
    overrides: {
      'kafka.topic': topics.requests,
      'kafka.results_topic': topics.results,
      'kafka.dlq_topic': topics.deadLetters,
      'model.path': join(root, 'models/default'),
      'model.max_threads': 1,
      ...settings,
    },
  });
  await consumer.start();
  await consumer.stop();
  return warnings;
}

test('more consumers than partitions are said, as many are not', async () => {
  const warnings = await warningsOf({}, PARTITIONS + 1);
  assert.deepEqual(warnings.get('consumers_idle'), { consumers: PARTITIONS + 1, partitions: PARTITIONS });
  assert.deepEqual([...(await warningsOf({}, PARTITIONS)).keys()], []);
});

test('without CUDA the CPU computes, and one line says so', async () => {
  const warnings = await warningsOf({ 'model.execution_providers': ['cuda', 'cpu'] });
  const found = warnings.get('provider_unavailable');
  // A machine that has CUDA has nothing to say.
  if (found !== undefined) assert.deepEqual(found, { wanted: ['cuda'], provider: 'cpu' });
  assert.ok(warnings.size <= 1);
});
