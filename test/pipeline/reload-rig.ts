/** A service whose model is exchanged, behind a fake Kafka. */
import assert from 'node:assert/strict';
import { renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { readModel } from '../../src/infer/model.ts';
import {
  HighThroughputKafkaConsumer,
  type HighThroughputKafkaConsumerOptions,
} from '../../src/service/high-throughput-kafka-consumer.ts';
import type { KafkaClientsFactory } from '../../src/session/kafka-clients.ts';
import { filesOf, type Files, temporaryFolder, writeFiles } from '../models/directory.ts';
import { texts } from '../models/expected.ts';
import type { FakeBroker } from './fake-broker.ts';
import { FakeConsumer } from './fake-consumer.ts';
import { createFakeProducer } from './fake-producer.ts';
import { createBroker, sendRequest, topics } from './rig.ts';

export interface Result {
  readonly label: string;
  readonly model_version: string;
  readonly scores: Readonly<Record<string, number>>;
  readonly source: { readonly partition: number; readonly offset: number };
}

/** Another name for each output, and a third output. */
export const first = filesOf();
export const second = filesOf(
  { labels: 3, weights: threeColumns() },
  { id2label: { 0: 'DOWN', 1: 'UP', 2: 'LEVEL' }, max_position_embeddings: 128 },
);

function threeColumns() {
  const words = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'good', 'bad', 'fine', 'dull'] as const;
  return Object.fromEntries(words.map((word, i) => [word, [i, -i, 0.5]])) as never;
}

/** A directory behind a link, as it is put in place in production. */
export class Models {
  readonly #folder: string;
  readonly link: string;

  constructor(t: TestContext) {
    this.#folder = temporaryFolder(t);
    this.link = join(this.#folder, 'current');
  }

  /** Returns the version under which results mention it. */
  write(name: string, files: Files): string {
    return readModel(writeFiles(join(this.#folder, name), files), {
      maxLength: undefined,
      lengthDefaultMax: 512,
    }).version;
  }

  path(name: string): string {
    return join(this.#folder, name);
  }

  use(name: string): void {
    symlinkSync(this.path(name), `${this.link}.new`);
    renameSync(`${this.link}.new`, this.link);
  }
}

export function service(
  t: TestContext,
  broker: FakeBroker,
  path: string,
  options: HighThroughputKafkaConsumerOptions & { readonly more?: Readonly<Record<string, unknown>> } = {},
) {
  const { config } = loadConfig({
    overrides: {
      'kafka.topic': topics.requests,
      'kafka.results_topic': topics.results,
      'kafka.dlq_topic': topics.deadLetters,
      'kafka.consumer_threads': 1,
      'kafka.max_poll_records': 16,
      'logging.level': 'silent',
      'model.path': path,
      'model.max_threads': 2,
      'model.return_all_scores': true,
      ...options.more,
    },
  });
  const consumer = new HighThroughputKafkaConsumer({ config, clients: clientsOf(broker), ...options });
  t.after(() => consumer.stop());
  return consumer;
}

/** Two models, a and b, of which a is in use, and a service behind a broker of one partition. */
export function serviceOfTwo(t: TestContext) {
  const models = new Models(t);
  models.write('a', first);
  models.write('b', second);
  models.use('a');
  const broker = createBroker(1);
  return { models, broker, consumer: service(t, broker, models.link) };
}

/** One consumer and one transactional producer. */
export function clientsOf(broker: FakeBroker): KafkaClientsFactory {
  return async (_, { listener }) => {
    const producer = createFakeProducer(true, { broker, source: topics.requests });
    const consumers = [new FakeConsumer({ broker, index: 0, listener, topic: topics.requests })];
    return { consumers, producer, close: async () => undefined };
  };
}

export function send(broker: FakeBroker, count: number): void {
  const partitions = broker.partitions(topics.requests).length;
  for (let i = 0; i < count; i++) sendRequest(broker, i % partitions, texts[i % texts.length] as string);
}

/** In the order in which they were written, by partition of the requests. */
export function resultsOf(broker: FakeBroker): Result[][] {
  const byPartition: Result[][] = [];
  for (const { value } of broker.all(topics.results)) {
    const result = JSON.parse(String(value)) as Result;
    const { partition, offset } = result.source;
    const list = byPartition[partition] ?? [];
    byPartition[partition] = list;
    assert.equal(
      list.length === 0 || (list.at(-1) as Result).source.offset < offset,
      true,
      'the order is kept',
    );
    list.push(result);
  }
  assert.deepEqual(broker.audit.violations, []);
  assert.equal(broker.all(topics.deadLetters).length, 0);
  return byPartition;
}
