import { brokerAccess } from '../config/broker-access.ts';
import type { Config } from '../config/schema.ts';
import { KubesentimentError } from '../errors.ts';
import type { BrokerAccess } from '../kafka/broker-connection.ts';
import type { ClusterMetadata } from '../kafka/connect.ts';
import { GroupReader } from '../kafka/group-reader.ts';
import type { TopicPartition } from '../types.ts';
import { clusterProperties } from './access.ts';

/** The brokers, for requests that node-rdkafka does not have. */
export interface Brokers {
  readonly metadata: ClusterMetadata;
  readonly reader: GroupReader;
  readonly all: readonly BrokerAccess[];
  readonly any: BrokerAccess;
  /** KS_TOPIC_MISSING, KS_KAFKA_RETRIABLE if nobody leads it. */
  leaderOf(place: TopicPartition): BrokerAccess;
}

/** Whether our own requests can reach the cluster: not with a login that only librdkafka supports. */
export function canAskBrokers(config: Config): boolean {
  return brokerAccess({ host: '', port: 0 }, config) !== undefined;
}

/** Connects, and disconnects afterwards. KS_BROKER_UNREACHABLE, and KS_STATE with a login that we do not have. */
export async function withBrokers<T>(config: Config, use: (brokers: Brokers) => Promise<T>): Promise<T> {
  const properties = clusterProperties(config);
  if (!canAskBrokers(config)) {
    const { sasl_mechanism: mechanism } = config.kafka;
    throw new KubesentimentError('KS_STATE', `This command cannot log in by ${mechanism}.`, {
      remedy: 'Name a configuration whose login is PLAIN, a certificate or none (--config).',
    });
  }
  const reader = new GroupReader({ group: config.kafka.consumer_group, properties });
  try {
    await reader.connect();
    const metadata = await reader.metadata();
    const accessTo = (broker: { host: string; port: number }) => brokerAccess(broker, config) as BrokerAccess;
    const all = metadata.brokers.map(accessTo);
    const [any] = all as [BrokerAccess];
    const leaderOf = ({ topic, partition }: TopicPartition): BrokerAccess => {
      const found = metadata.topics.find(({ name }) => name === topic);
      const leader = found?.partitions.find(({ id }) => id === partition)?.leader;
      if (leader === undefined)
        throw new KubesentimentError('KS_TOPIC_MISSING', `There is no partition ${topic}/${partition}.`);
      const broker = metadata.brokers.find(({ id }) => id === leader);
      if (broker !== undefined) return accessTo(broker);
      throw new KubesentimentError('KS_KAFKA_RETRIABLE', `${topic}/${partition} has no leader.`, {
        remedy: 'Start the broker that has it: "kubesentiment topics show" names its replicas.',
      });
    };
    return await use({ metadata, reader, all, any, leaderOf });
  } finally {
    await reader.close();
  }
}
