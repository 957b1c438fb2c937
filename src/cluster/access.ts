import { brokerAccess } from '../config/broker-access.ts';
import { commonProperties, type LibrdkafkaProperties } from '../config/librdkafka.ts';
import type { Config } from '../config/schema.ts';
import { KubesentimentError } from '../errors.ts';
import { HeldBackReader } from '../kafka/held-back.ts';

/** How a command reaches the cluster. KS_USAGE for the embedded broker, which only its own process can reach. */
export function clusterProperties(config: Config): LibrdkafkaProperties {
  if (config.kafka.bootstrap_servers[0] === 'embedded') {
    throw new KubesentimentError(
      'KS_USAGE',
      'The embedded broker runs inside the process that started it; no other process can reach it.',
      { remedy: 'Name a broker: --set kafka.bootstrap_servers=localhost:9092.' },
    );
  }
  // Errors only: they say why a connection fails. Only src/kafka/handshake.ts reads them.
  return { ...commonProperties(config), log_level: 3 };
}

/** Finds what open transactions hold back in the cluster. */
export function heldBackReader(config: Config): HeldBackReader {
  return new HeldBackReader({
    group: config.kafka.consumer_group,
    properties: clusterProperties(config),
    accessTo: (broker) => brokerAccess(broker, config),
  });
}
