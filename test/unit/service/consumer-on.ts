/** A consumer over a broker in memory, with a model that computes nothing. */
import type { TestContext } from 'node:test';
import type { Logger } from '../../../src/log.ts';
import { HighThroughputKafkaConsumer } from '../../../src/service/high-throughput-kafka-consumer.ts';
import type { KafkaClientsFactory } from '../../../src/session/kafka-clients.ts';
import type { FakeBroker } from '../../pipeline/fake-broker.ts';
import { FakeConsumer } from '../../pipeline/fake-consumer.ts';
import { FakeTransactionalProducer, type Faults } from '../../pipeline/fake-producer.ts';
import { topics } from '../../pipeline/rig.ts';

export interface Setup {
  readonly faults?: Faults;
  /** Called while the consumer starts, with what ends it. */
  readonly whileStarting?: (fail: (error: Error) => void) => void;
  readonly logger?: Logger;
  readonly overrides?: Readonly<Record<string, unknown>>;
}

export function consumerOn(
  t: TestContext,
  broker: FakeBroker,
  setup: Setup = {},
): HighThroughputKafkaConsumer {
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
      'model.path': null,
      'logging.level': 'silent',
      ...setup.overrides,
    },
    ...(setup.logger && { logger: setup.logger }),
  });
  t.after(() => consumer.stop().catch(() => undefined));
  return consumer;
}
