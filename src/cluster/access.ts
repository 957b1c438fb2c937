import { commonProperties, type LibrdkafkaProperties } from '../config/librdkafka.ts';
import type { Config } from '../config/schema.ts';
import { KubesentimentError } from '../errors.ts';
import type { BrokerAccess } from '../kafka/broker-connection.ts';
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

/** How to ask a broker what node-rdkafka cannot ask. Undefined for logins that only librdkafka supports. */
export function brokerAccess(
  { host, port }: { readonly host: string; readonly port: number },
  { kafka }: Pick<Config, 'kafka'>,
): BrokerAccess | undefined {
  const hasLogin = kafka.security_protocol.startsWith('SASL');
  if (hasLogin && kafka.sasl_mechanism !== 'PLAIN') return undefined;
  const hasTls = kafka.security_protocol.endsWith('SSL');
  return {
    host,
    port,
    tls: hasTls
      ? {
          caFile: kafka.ssl_cafile,
          certFile: kafka.ssl_certfile,
          keyFile: kafka.ssl_keyfile,
          passphrase: kafka.ssl_password,
          checkHostname: kafka.ssl_check_hostname,
        }
      : undefined,
    plain: hasLogin
      ? { username: kafka.sasl_plain_username ?? '', password: kafka.sasl_plain_password ?? '' }
      : undefined,
  };
}
