import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HighThroughputKafkaConsumer } from '../../../src/service/high-throughput-kafka-consumer.ts';
import { GatedBackend } from '../../helpers/gated-backend.ts';

test('a program can bring its own backend: the service sends its batches there', async (t) => {
  const backend = new GatedBackend();
  backend.open();
  const consumer = new HighThroughputKafkaConsumer({
    overrides: {
      'kafka.enabled': false,
      'model.path': null,
      'model.max_threads': 1,
      'logging.level': 'silent',
    },
    backend: backend.module,
  });
  t.after(() => consumer.stop());
  await consumer.start();
  const [prediction] = await consumer.service.processor.predict(['one text']);
  assert.equal(prediction?.score, 0.5);
  await backend.started(1);
});
