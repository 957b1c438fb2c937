/** A real Apache Kafka for the tests and benchmarks that need one. */
import { randomBytes } from 'node:crypto';
import {
  type LocalKafka,
  type LocalKafkaOptions,
  startLocalKafka,
} from '../../src/kafka/local/local-kafka.ts';
import { addPartitions, createTopic } from './kafka-client.ts';
import { brokerAvailability, java, testedKafka } from './kafka-jars.ts';

export { freePorts } from '../../src/kafka/local/local-kafka.ts';
export { brokerAvailability } from './kafka-jars.ts';

/** For `test(name, { skip: noBroker }, …)`: false if a broker can be started, otherwise the reason why not. */
export const noBroker: string | false = brokerAvailability().available ? false : brokerAvailability().reason;

export type BrokerOptions = Omit<LocalKafkaOptions, 'java'>;

/** Properties of a broker that has rules (see `allowOnly`). Everything is allowed on what no rule names. */
export const withRules = {
  'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'allow.everyone.if.no.acl.found': 'true',
} as const;

interface Topics {
  createTopic(name: string, partitions: number, config?: Readonly<Record<string, string>>): Promise<void>;
  /** `total` is the new number of partitions. */
  addPartitions(name: string, total: number): Promise<void>;
}

export type Broker = LocalKafka & Topics;

/** Resolves when the cluster is serving. It ends with this process at the latest. */
export async function startBroker(options: BrokerOptions = {}): Promise<Broker> {
  const kafka = await startLocalKafka({ java, version: testedKafka, ...options });
  return Object.assign(kafka, topicsOf(kafka.bootstrapServers));
}

/** The same, configured as in production, for measurements. */
export function startMeasuredBroker(): Promise<Broker> {
  return startBroker({ javaOptions: [] });
}

/** A cluster that something else started. */
export function brokerAt(bootstrapServers: string): RunningBroker {
  return { bootstrapServers, ...topicsOf(bootstrapServers) };
}
type RunningBroker = Topics & Pick<Broker, 'bootstrapServers'>;

/**
 * The broker shared by the whole tier: the one that `npm test` started, otherwise one for this file. Tests share it,
 * so they use their own topics and groups (`uniqueName`) and must not stop it.
 */
export function sharedBroker(): Promise<RunningBroker> {
  const running = process.env['KUBESENTIMENT_TEST_BROKER'];
  shared ??= running ? Promise.resolve(brokerAt(running)) : startBroker();
  return shared;
}
let shared: ReturnType<typeof sharedBroker> | undefined;

/** A topic, group or transactional id that no other test uses. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${randomBytes(5).toString('hex')}`;
}

function topicsOf(bootstrapServers: string): Topics {
  return {
    createTopic: (name: string, partitions: number, config: Readonly<Record<string, string>> = {}) =>
      createTopic(bootstrapServers, name, partitions, config),
    addPartitions: (name: string, total: number) => addPartitions(bootstrapServers, name, total),
  };
}
