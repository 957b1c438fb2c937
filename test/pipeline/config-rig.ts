/** A service whose configuration file is changed while it runs, behind a fake Kafka. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { KeyName } from '../../src/config/schema.ts';
import {
  HighThroughputKafkaConsumer,
  type HighThroughputKafkaConsumerOptions,
} from '../../src/service/high-throughput-kafka-consumer.ts';
import { temporaryFolder } from '../models/directory.ts';
import type { FakeBroker } from './fake-broker.ts';
import { clientsOf } from './reload-rig.ts';
import { topics } from './rig.ts';

export type FileSettings = Readonly<Partial<Record<KeyName, unknown>>>;

export interface Configured {
  readonly consumer: HighThroughputKafkaConsumer;
  /** Writes the file anew: these keys, besides those that the service began with. */
  write(settings: FileSettings): void;
  /** Writes text in its place. */
  writeText(text: string): void;
}

const common: FileSettings = {
  'kafka.topic': [topics.requests],
  'kafka.results_topic': topics.results,
  'kafka.dlq_topic': topics.deadLetters,
  'kafka.consumer_threads': 1,
  'kafka.drain_timeout_ms': 300,
  'kafka.dlq_stop_ratio': 0,
  'logging.level': 'silent',
  'model.max_threads': 1,
};

export function configured(
  t: TestContext,
  broker: FakeBroker,
  before: FileSettings = {},
  options: HighThroughputKafkaConsumerOptions = {},
): Configured {
  const file = join(temporaryFolder(t), 'service.yaml');
  const writeText = (text: string): void => writeFileSync(file, text);
  const write = (settings: FileSettings): void => {
    const sections: Record<string, Record<string, unknown>> = {};
    for (const [name, value] of Object.entries({ ...common, ...before, ...settings })) {
      const [section, key] = name.split('.') as [string, string];
      sections[section] = { ...sections[section], [key]: value };
    }
    writeText(JSON.stringify(sections)); // every JSON document is YAML
  };
  write({});
  // Only a command line may say that there is no model.
  const overrides = before['model.path'] === undefined ? { 'model.path': null } : {};
  const clients = clientsOf(broker);
  const consumer = new HighThroughputKafkaConsumer({ file, overrides, clients, ...options });
  t.after(() => consumer.stop().catch(() => undefined)); // what waits for a retry is not finished
  return { consumer, write, writeText };
}
