/** Several consumers in one process: none knows of the others. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  HighThroughputKafkaConsumer,
  type HighThroughputKafkaConsumerOptions,
  type ProcessedMessage,
  StreamProcessor,
} from 'kubesentiment';
import { type Topics, waitForDelivery } from '../helpers/delivery.ts';
import { noBroker, sharedBroker, uniqueName } from '../helpers/kafka-broker.ts';
import { produceAll } from '../helpers/kafka-client.ts';
import { root } from '../helpers/paths.ts';
import { topicSettings, uniqueTopics } from '../helpers/topics.ts';

const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);
process.on('unhandledRejection', note);
after(() => {
  process.off('unhandledRejection', note);
  assert.deepEqual(unhandled, []);
});

interface Member {
  readonly consumer: HighThroughputKafkaConsumer;
  readonly seen: ProcessedMessage[];
}

async function createTopics(): Promise<{ bootstrap: string; topics: Topics }> {
  const { bootstrapServers: bootstrap, createTopic } = await sharedBroker();
  const topics = uniqueTopics();
  for (const topic of Object.values(topics)) await createTopic(topic, 4);
  return { bootstrap, topics };
}

function createMember(
  t: TestContext,
  bootstrap: string,
  topics: Topics,
  more: HighThroughputKafkaConsumerOptions['overrides'] = {},
): Member {
  const consumer = new HighThroughputKafkaConsumer({
    overrides: {
      'kafka.bootstrap_servers': bootstrap,
      ...topicSettings(topics),
      'kafka.auto_offset_reset': 'earliest',
      'kafka.consumer_threads': 1,
      'model.path': join(root, 'models/default'),
      'model.max_threads': 1,
      'logging.level': 'silent',
      ...more,
    },
  });
  const seen: ProcessedMessage[] = [];
  consumer.on('results', (messages) => seen.push(...messages));
  t.after(() => consumer.stop());
  return { consumer, seen };
}

const texts = (count: number, text: string) =>
  Array.from({ length: count }, (_, i) => ({ value: `{"text":"${text}"}`, partition: i % 4 }));

test('of two groups each has its own topics, model, figures and end', { skip: noBroker }, async (t) => {
  const [one, other] = [await createTopics(), await createTopics()];
  const { bootstrap } = one;
  const first = createMember(t, bootstrap, one.topics, { 'kafka.consumer_group': uniqueName('group') });
  const second = createMember(t, bootstrap, other.topics, {
    'kafka.consumer_group': uniqueName('group'),
    'model.path': join(root, 'models/general'),
  });
  const processor = await StreamProcessor.create({ threads: 1 });
  await Promise.all([first.consumer.start(), second.consumer.start()]);
  await produceAll(bootstrap, one.topics.requests, texts(20, 'a boring film'));
  await produceAll(bootstrap, other.topics.requests, texts(12, 'a warm and funny film'));
  while (first.seen.length < 20 || second.seen.length < 12) await sleep(20);
  const [prediction] = await processor.predict(['a warm and funny film']);
  assert.equal(prediction?.label, 'POSITIVE');
  assert.deepEqual(new Set(first.seen.map(({ label }) => label)), new Set(['NEGATIVE']));
  assert.deepEqual(new Set(second.seen.map(({ label }) => label)), new Set(['POSITIVE']));
  assert.deepEqual(
    [first, second].map(({ consumer }) => consumer.getMetrics().messages_consumed),
    [20, 12],
  );

  // The end of one, and the close of a processor, leave the other alone.
  await Promise.all([first.consumer.stop(), processor.close()]);
  assert.deepEqual([first.consumer.state, second.consumer.state], ['stopped', 'running']);
  await produceAll(bootstrap, other.topics.requests, texts(4, 'a warm and funny film'));
  while (second.seen.length < 16) await sleep(20);
  await second.consumer.stop();
  for (const { topics, count } of [
    { topics: one.topics, count: 20 },
    { topics: other.topics, count: 16 },
  ]) {
    const { results, lost, doubled } = await waitForDelivery(bootstrap, topics, count);
    assert.deepEqual([results.length, lost, doubled], [count, [], []]);
  }
});

test('two of one group share its partitions, and one that fails to start is alone', {
  skip: noBroker,
}, async (t) => {
  const { bootstrap, topics } = await createTopics();
  const group = { 'kafka.consumer_group': uniqueName('group') };
  const members = [createMember(t, bootstrap, topics, group), createMember(t, bootstrap, topics, group)];
  const wrong = createMember(t, bootstrap, topics, {
    ...group,
    'kafka.results_topic': uniqueName('nowhere'),
  });
  await Promise.all(members.map(({ consumer }) => consumer.start()));
  await assert.rejects(wrong.consumer.start(), { code: 'KS_TOPIC_MISSING' });
  let sent = 0;
  // Until each has been given partitions and read some.
  while (members.some(({ seen }) => seen.length === 0)) {
    await produceAll(bootstrap, topics.requests, texts(20, 'a joy'));
    sent += 20;
    await sleep(200);
  }
  await members[0]?.consumer.stop();
  await produceAll(bootstrap, topics.requests, texts(20, 'a joy'));
  sent += 20;
  const { results, lost, doubled } = await waitForDelivery(bootstrap, topics, sent);
  assert.deepEqual([results.length, lost, doubled], [sent, [], []]);
  assert.equal(members[1]?.consumer.state, 'running');
});
