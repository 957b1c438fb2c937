import type { Config } from './schema.ts';

/**
 * How to ask a broker what node-rdkafka cannot ask: the `BrokerAccess` of src/kafka/broker-connection.ts. Undefined for
 * logins that only librdkafka supports.
 */
export function brokerAccess(
  { host, port }: { readonly host: string; readonly port: number },
  { kafka }: Pick<Config, 'kafka'>,
) {
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
