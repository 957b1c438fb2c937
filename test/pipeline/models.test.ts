/** Models of different kinds behind a fake Kafka: the whole service, with real threads. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { HighThroughputKafkaConsumer } from '../../src/service/high-throughput-kafka-consumer.ts';
import type { KafkaClientsFactory } from '../../src/session/kafka-clients.ts';
import { filesOf, type Files, labels, temporaryFolder, writeFiles } from '../models/directory.ts';
import { logitsOf, sigmoid, softmax, texts } from '../models/expected.ts';
import type { FakeBroker } from './fake-broker.ts';
import { FakeConsumer } from './fake-consumer.ts';
import { createFakeProducer } from './fake-producer.ts';
import { createBroker, sendRequest, topics, until } from './rig.ts';

interface Result {
  readonly label: string;
  readonly score: number;
  readonly labels?: readonly string[];
  readonly scores?: Readonly<Record<string, number>>;
  readonly source: { readonly offset: number };
}
type Settings = Readonly<Record<string, unknown>>;

/** `joined` counts how often clients were made. */
function service(t: TestContext, broker: FakeBroker, files: Files, settings: Settings) {
  const folder = writeFiles(temporaryFolder(t), files);
  const { config } = loadConfig({
    overrides: {
      'kafka.topic': topics.requests,
      'kafka.results_topic': topics.results,
      'kafka.dlq_topic': topics.deadLetters,
      'kafka.consumer_threads': 1,
      'logging.level': 'silent',
      'model.path': folder,
      'model.max_threads': 1,
      ...settings,
    },
  });
  const joined = { count: 0 };
  const clients: KafkaClientsFactory = async (_, { listener }) => {
    joined.count++;
    const producer = createFakeProducer(true, { broker, source: topics.requests });
    const consumers = [new FakeConsumer({ broker, index: 0, listener, topic: topics.requests })];
    return { consumers, producer, close: async () => undefined };
  };
  return { joined, consumer: new HighThroughputKafkaConsumer({ config, clients }) };
}

/** The result of each text, in their order. */
async function resultsOf(t: TestContext, files: Files, settings: Settings = {}): Promise<Result[]> {
  const broker = createBroker(1);
  for (const text of texts) sendRequest(broker, 0, text);
  const { consumer } = service(t, broker, files, settings);
  await consumer.start();
  try {
    await until('all are answered', () => broker.audit.answered === texts.length);
  } finally {
    await consumer.stop();
  }
  assert.equal(broker.all(topics.deadLetters).length, 0);
  const results = broker.all(topics.results).map(({ value }) => JSON.parse(String(value)) as Result);
  return results.sort((a, b) => a.source.offset - b.source.offset);
}

function assertNear(found: number | undefined, expected: number | undefined): void {
  assert.ok(Math.abs((found as number) - (expected as number)) < 1e-5, `${found}, not ${expected}`);
}

test('texts of different lengths get their own scores from a graph that knows no padding', async (t) => {
  const found = await resultsOf(t, filesOf({ mask: false }), { 'model.return_all_scores': true });
  for (const [i, text] of texts.entries()) {
    const [negative, positive] = softmax(logitsOf(text));
    assertNear(found[i]?.scores?.['NEGATIVE'], negative);
    assertNear(found[i]?.scores?.['POSITIVE'], positive);
  }
});

test('several labels at once are in the result, with all scores', async (t) => {
  const files = filesOf({ end: 'Sigmoid' }, { ...labels, problem_type: 'multi_label_classification' });
  const found = await resultsOf(t, files);
  for (const [i, text] of texts.entries()) {
    const scores = sigmoid(logitsOf(text));
    const above = ['NEGATIVE', 'POSITIVE'].filter((_, label) => (scores[label] as number) > 0.5);
    assert.deepEqual(found[i]?.labels, above, text);
    assertNear(found[i]?.scores?.['NEGATIVE'], scores[0]);
    assertNear(found[i]?.score, Math.max(...scores));
  }
});

test('a regression gives its values, below zero too', async (t) => {
  const files = filesOf({ labels: 1 }, { id2label: { 0: 'mood' }, problem_type: 'regression' });
  const found = await resultsOf(t, files);
  assert.ok(found.some(({ score }) => score < 0) && found.some(({ score }) => score > 1));
  for (const [i, text] of texts.entries()) assertNear(found[i]?.score, logitsOf(text)[0]);
});

test('an uncertain text has the label for that', async (t) => {
  const found = await resultsOf(t, filesOf(), { 'model.min_score': 0.7, 'model.uncertain_label': 'NEUTRAL' });
  for (const [i, text] of texts.entries()) {
    const scores = softmax(logitsOf(text));
    const best = Math.max(...scores);
    const expected = best < 0.7 ? 'NEUTRAL' : ['NEGATIVE', 'POSITIVE'][scores.indexOf(best)];
    assert.equal(found[i]?.label, expected, text);
    assertNear(found[i]?.score, best);
  }
  assert.ok(found.some(({ label }) => label === 'NEUTRAL'));
});

test('a model that cannot answer is refused before the group is joined', async (t) => {
  const broker = createBroker(1);
  sendRequest(broker, 0, 'good');
  const files = filesOf({ labels: 3, logitsShape: undefined });
  const { joined, consumer } = service(t, broker, files, {});
  await assert.rejects(consumer.start(), { code: 'KS_MODEL_INVALID', message: /cannot classify/ });
  assert.equal(joined.count, 0);
  assert.equal(broker.audit.answered, 0);
});
