/** The package as a program that imports it sees it, against a real broker. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  DeadLetterQueue,
  HighThroughputKafkaConsumer,
  type HighThroughputKafkaConsumerOptions,
  KubesentimentError,
  MessageBatch,
  type OutgoingRecord,
  type ProcessedMessage,
  StreamProcessor,
} from 'kubesentiment';
import { type Topics, waitForDelivery } from '../helpers/delivery.ts';
import { noBroker, sharedBroker, uniqueName } from '../helpers/kafka-broker.ts';
import { produceAll } from '../helpers/kafka-client.ts';
import { root } from '../helpers/paths.ts';
import { topicSettings, uniqueTopics } from '../helpers/topics.ts';

const model = join(root, 'models/accurate');

async function createConsumer(
  t: TestContext,
  more: HighThroughputKafkaConsumerOptions['overrides'] = {},
): Promise<{ consumer: HighThroughputKafkaConsumer; bootstrap: string; topics: Topics }> {
  const { bootstrapServers: bootstrap, createTopic } = await sharedBroker();
  const topics = uniqueTopics();
  for (const topic of Object.values(topics)) await createTopic(topic, 2);
  const consumer = new HighThroughputKafkaConsumer({
    overrides: {
      'kafka.bootstrap_servers': bootstrap,
      ...topicSettings(topics),
      'kafka.consumer_group': uniqueName('group'),
      'kafka.auto_offset_reset': 'earliest',
      'kafka.consumer_threads': 1,
      'model.path': model,
      'model.max_threads': 1,
      'logging.level': 'silent',
      ...more,
    },
  });
  t.after(() => consumer.stop());
  return { consumer, bootstrap, topics };
}

test('start, results, metrics, stop, and all of it again', { skip: noBroker }, async (t) => {
  const { consumer, bootstrap, topics } = await createConsumer(t);
  const states: string[] = [];
  const seen: ProcessedMessage[] = [];
  consumer.on('state', (state) => states.push(state));
  consumer.on('results', (messages) => seen.push(...messages));
  assert.equal(consumer.isRunning(), false);
  assert.throws(() => consumer.getMetrics(), { code: 'KS_STATE' });
  await consumer.stop(); // nothing to stop

  const values = ['{"text":"I love it"}', '{"text":"I hate it"}', '{'];
  await produceAll(
    bootstrap,
    topics.requests,
    values.map((value) => ({ value, key: 'k', partition: 1 })),
  );
  const starting = consumer.start();
  await assert.rejects(consumer.start(), { code: 'KS_STATE', message: 'The consumer is starting.' });
  await starting;
  assert.equal(consumer.isRunning(), true);
  await assert.rejects(consumer.start(), { code: 'KS_STATE', message: 'The consumer is running.' });

  await waitForDelivery(bootstrap, topics, 3);
  while (seen.length < 3) await once(consumer, 'results');
  assert.deepEqual(
    seen.map(({ topic, partition, offset, label, errorType }) => ({
      topic,
      partition,
      offset,
      label,
      errorType,
    })),
    [
      { topic: topics.requests, partition: 1, offset: 0, label: 'POSITIVE', errorType: undefined },
      { topic: topics.requests, partition: 1, offset: 1, label: 'NEGATIVE', errorType: undefined },
      { topic: topics.requests, partition: 1, offset: 2, label: undefined, errorType: 'invalid_json' },
    ],
  );
  assert.ok(seen[0]?.score !== undefined && seen[0].score > 0.5 && seen[0].score <= 1);
  assert.equal(String(seen[0]?.key), 'k');
  const metrics = consumer.getMetrics();
  assert.equal(metrics.messages_consumed, 3);
  assert.equal(metrics.messages_processed, 2);
  assert.equal(metrics.messages_sent_to_dlq, 1);
  assert.equal(metrics.running, true);

  const stopping = consumer.stop();
  await assert.rejects(consumer.start(), { code: 'KS_STATE' });
  await Promise.all([stopping, consumer.stop(), consumer.stop()]);
  assert.equal(consumer.isRunning(), false);
  assert.equal(consumer.getMetrics().running, false);
  assert.deepEqual(states, ['starting', 'running', 'draining', 'stopped']);

  await produceAll(bootstrap, topics.requests, [{ value: '{"text":"and again"}', partition: 0 }]);
  await consumer.start();
  while (seen.length < 4) await once(consumer, 'results');
  assert.deepEqual([seen[3]?.partition, seen[3]?.offset], [0, 0]);
  assert.equal(consumer.getMetrics().messages_consumed, 1, 'a new run counts from 0');
  await consumer.stop();
});

test('a start that fails says why, and the consumer can be started again', { skip: noBroker }, async (t) => {
  const { consumer } = await createConsumer(t, { 'kafka.results_topic': uniqueName('nowhere') });
  for (let attempt = 0; attempt < 2; attempt++) {
    await assert.rejects(consumer.start(), (error) => {
      assert.ok(error instanceof KubesentimentError);
      assert.equal(error.code, 'KS_TOPIC_MISSING');
      assert.equal(error.exitCode, 1);
      return true;
    });
    assert.equal(consumer.state, 'stopped');
  }
  await consumer.stop();
});

test('a stop while it starts waits for the start, and ends it', { skip: noBroker }, async (t) => {
  const { consumer } = await createConsumer(t);
  const starting = consumer.start();
  await consumer.stop();
  assert.equal(consumer.state, 'stopped');
  await starting;
});

test('a listener that throws does not lose or double anything', { skip: noBroker }, async (t) => {
  const { consumer, bootstrap, topics } = await createConsumer(t);
  consumer.on('results', () => {
    throw new Error('the listener failed');
  });
  const failed = once(consumer, 'error');
  await produceAll(bootstrap, topics.requests, [{ value: '{"text":"one"}', partition: 0 }]);
  await consumer.start();
  const [error] = (await failed) as [KubesentimentError];
  assert.match(error.message, /the listener failed/);
  assert.equal(consumer.isRunning(), false);
  await consumer.stop();
  const { lost, doubled } = await waitForDelivery(bootstrap, topics, 1);
  assert.deepEqual({ lost, doubled }, { lost: [], doubled: [] });
});

test('a loop over results sees each once, a signal drains the consumer, and `await using` stops it', {
  skip: noBroker,
}, async (t) => {
  const { consumer, bootstrap, topics } = await createConsumer(t);
  const controller = new AbortController();
  const requests = Array.from({ length: 500 }, (_, i) => ({
    value: `{"text":"film ${i}"}`,
    partition: i % 2,
  }));
  const seen = new Set<string>();
  let count = 0;
  {
    await using running = consumer;
    const results = running.results();
    const first = running.results();
    await running.start({ signal: controller.signal });
    await produceAll(bootstrap, topics.requests, requests);
    for await (const messages of first) {
      assert.ok(messages.length > 0);
      break; // the other loop goes on
    }
    for await (const messages of results) {
      count += messages.length;
      for (const { topic, partition, offset } of messages) seen.add(`${topic}/${partition}/${offset}`);
      controller.abort(); // what is in flight is finished, and the loop sees it
    }
    assert.equal(results.dropped, 0);
    assert.equal(running.state, 'stopped');
  }
  const written = await waitForDelivery(bootstrap, topics, count);
  assert.deepEqual(written.doubled, []);
  assert.deepEqual([seen.size, count], [written.results.length, written.results.length]);

  {
    await using running = consumer; // and all of it again: what was left is read now
    const results = running.results();
    await running.start();
    while (count < requests.length) count += (await results.next()).value?.length ?? 0;
  }
  assert.equal(consumer.state, 'stopped');
  const { lost, doubled, results } = await waitForDelivery(bootstrap, topics, requests.length);
  assert.deepEqual([results.length, lost, doubled], [requests.length, [], []]);
});

test('wrong options are refused at once, all of them', () => {
  const options = { overrides: { 'kafka.batch_size': 0, 'kafka.deliveri': 'x' } };
  assert.throws(
    () => new HighThroughputKafkaConsumer(options),
    (error) => {
      assert.ok(error instanceof KubesentimentError);
      assert.equal(error.code, 'KS_CONFIG_INVALID');
      assert.match(error.message, /kafka\.batch_size/);
      assert.match(error.message, /kafka\.deliveri/);
      return true;
    },
  );
});

test('StreamProcessor alone: texts in, predictions and tokens out', async () => {
  const processor = await StreamProcessor.create({ model, threads: 1, maxLength: 16 });
  const texts = Array.from({ length: 600 }, (_, i) =>
    i % 2 ? 'A joy.' : `Bad, ${'bad, '.repeat(i % 30)}bad.`,
  );
  const [predictions, again] = await Promise.all([
    processor.predict(texts),
    processor.predict(texts.slice(0, 3)),
  ]);
  assert.deepEqual(
    predictions.map(({ label }) => label),
    texts.map((_, i) => (i % 2 ? 'POSITIVE' : 'NEGATIVE')),
  );
  assert.deepEqual(again, predictions.slice(0, 3));
  const [first] = predictions;
  assert.equal(first?.score, first?.scores?.['NEGATIVE']);
  assert.ok(predictions.some(({ truncated }) => truncated));
  assert.deepEqual(processor.tokenize(['good']), [[101, 2204, 102]]);
  assert.deepEqual(await processor.predict([]), []);
  await processor.close();
});

test('DeadLetterQueue and MessageBatch alone', () => {
  const produced: OutgoingRecord[] = [];
  const queue = new DeadLetterQueue({ topic: 'dead' });
  const message = { topic: 'in', partition: 3, offset: 7, value: Buffer.from('{'), size: 1 };
  const failure = { errorType: 'invalid_json', message: 'No JSON.', stage: 'decode', attempts: 1 } as const;
  const producer = { produce: (record: OutgoingRecord) => produced.push(record) > 0 };
  assert.equal(queue.send(producer, message, failure), true);
  assert.equal(produced[0]?.topic, 'dead');
  assert.deepEqual(produced[0]?.headers[2], { 'kafka_dlt-original-offset': '7' });

  const batch = new MessageBatch({ rowsMax: 2, tokensMax: 100 });
  assert.deepEqual([batch.add(5, 10), batch.add(6, 60), batch.add(7, 1)], [true, false, true]);
  assert.deepEqual([batch.count, batch.width, batch.tokens], [2, 10, 11]);
});

test('it joins the group again twenty times under load: nothing is lost, nothing is doubled', {
  skip: noBroker,
}, async (t) => {
  const { consumer, bootstrap, topics } = await createConsumer(t, { 'model.path': null });
  await consumer.start();
  let sent = 0;
  for (let i = 0; i < 20; i++) {
    const values = Array.from({ length: 50 }, (_, n) => ({
      value: `{"text":"${sent + n}"}`,
      partition: n % 2,
    }));
    await produceAll(bootstrap, topics.requests, values);
    sent += values.length;
    await consumer.service.rejoin();
  }
  const { results, lost, doubled } = await waitForDelivery(bootstrap, topics, sent);
  await consumer.stop();
  assert.deepEqual([results.length, lost, doubled], [sent, [], []]);
});
