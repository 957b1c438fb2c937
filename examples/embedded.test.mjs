// A test with a broker inside the process: no Docker, no Java. `node --test embedded.test.mjs`
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EmbeddedBroker, HighThroughputKafkaConsumer } from 'kubesentiment';

test('a request comes out with its label', async (t) => {
  const broker = await EmbeddedBroker.start();
  await broker.createTopics(['sentiment_requests', 'sentiment_results', 'sentiment_requests_dlq']);
  const consumer = new HighThroughputKafkaConsumer({
    settings: {
      kafka: { bootstrap_servers: [broker.bootstrapServers], auto_offset_reset: 'earliest' },
      logging: { level: 'silent' },
    },
  });
  t.after(async () => {
    await consumer.stop();
    await broker.stop();
  });
  const results = consumer.results();
  await consumer.start();
  await broker.send('sentiment_requests', ['{"text":"a warm and funny film"}']);
  const { value: messages } = await results.next();
  assert.equal(messages[0].label, 'POSITIVE');
});
