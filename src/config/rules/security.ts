import type { Rule } from './rule.ts';
import type { Config, KeyName } from '../schema.ts';

type Kafka = Config['kafka'];

const sslKeys = ['ssl_cafile', 'ssl_certfile', 'ssl_keyfile', 'ssl_password'] as const;
const plainKeys = ['sasl_plain_username', 'sasl_plain_password'] as const;
const oauthKeys = [
  'sasl_oauth_token_endpoint_url',
  'sasl_oauth_client_id',
  'sasl_oauth_client_secret',
] as const;
const saslKeys = ['sasl_mechanism', ...plainKeys, ...oauthKeys, 'sasl_oauth_scope'] as const;

const usesTls = ({ security_protocol }: Kafka) => security_protocol.endsWith('SSL');
const usesSasl = ({ security_protocol }: Kafka) => security_protocol.startsWith('SASL');
const isOauth = ({ sasl_mechanism }: Kafka) => sasl_mechanism === 'OAUTHBEARER';

/** A key that is required if `isNeeded`. */
function needs(
  key: keyof Kafka & string,
  isNeeded: (kafka: Kafka) => boolean,
  reason: (kafka: Kafka) => string,
): Rule {
  return {
    keys: [`kafka.${key}` as KeyName, 'kafka.security_protocol', 'kafka.sasl_mechanism'],
    check: ({ kafka }) => isNeeded(kafka) && kafka[key] === undefined && `${reason(kafka)} requires ${key}`,
  };
}

/** A key that would silently have no effect. */
function idle(key: keyof Kafka & string, isIdle: (kafka: Kafka) => boolean, remedy: string): Rule {
  return {
    keys: [`kafka.${key}` as KeyName, 'kafka.security_protocol'],
    check: ({ kafka }) =>
      isIdle(kafka) &&
      kafka[key] !== undefined &&
      `has no effect with security_protocol ${kafka.security_protocol}; ${remedy}`,
  };
}

const protocolOf = (kafka: Kafka) => `security_protocol ${kafka.security_protocol}`;
const mechanismOf = (kafka: Kafka) => `sasl_mechanism ${kafka.sasl_mechanism}`;
const isPlain = (kafka: Kafka) => usesSasl(kafka) && kafka.sasl_mechanism !== undefined && !isOauth(kafka);

export const securityRules: readonly Rule[] = [
  needs('sasl_mechanism', usesSasl, protocolOf),
  ...plainKeys.map((key) => needs(key, isPlain, mechanismOf)),
  ...oauthKeys.map((key) => needs(key, (kafka) => usesSasl(kafka) && isOauth(kafka), mechanismOf)),
  ...saslKeys.map((key) => idle(key, (kafka) => !usesSasl(kafka), 'set SASL_SSL, or delete it')),
  ...sslKeys.map((key) => idle(key, (kafka) => !usesTls(kafka), 'set SSL or SASL_SSL, or delete it')),
  {
    keys: ['kafka.ssl_certfile', 'kafka.ssl_keyfile'],
    check: ({ kafka }) =>
      (kafka.ssl_certfile === undefined) !== (kafka.ssl_keyfile === undefined) &&
      'ssl_certfile and ssl_keyfile must be set together',
  },
  {
    keys: ['kafka.security_protocol', 'kafka.sasl_mechanism', 'kafka.allow_insecure'],
    check: ({ kafka }) =>
      kafka.security_protocol === 'SASL_PLAINTEXT' &&
      !kafka.allow_insecure &&
      'SASL_PLAINTEXT sends credentials without TLS; set SASL_SSL, or allow_insecure: true if the network is trusted',
  },
  {
    keys: ['kafka.sasl_oauth_token_endpoint_url', 'kafka.allow_insecure'],
    check: ({ kafka }) =>
      kafka.sasl_oauth_token_endpoint_url?.startsWith('http:') &&
      !kafka.allow_insecure &&
      'sends the client secret without TLS; use https, or allow_insecure: true if the network is trusted',
  },
  {
    keys: ['kafka.ssl_check_hostname', 'kafka.security_protocol'],
    isWarning: true,
    check: ({ kafka }) =>
      usesTls(kafka) &&
      !kafka.ssl_check_hostname &&
      'without it, anyone with a trusted certificate can pose as a broker',
  },
  {
    keys: ['kafka.security_protocol', 'kafka.bootstrap_servers'],
    check: ({ kafka }) =>
      kafka.bootstrap_servers.includes('embedded') &&
      kafka.security_protocol !== 'PLAINTEXT' &&
      'the embedded broker supports only PLAINTEXT',
  },
  ...(['active_key', 'require'] as const).map(
    (key): Rule => ({
      keys: [`encryption.${key}`, 'encryption.keyring'],
      check: ({ encryption }) =>
        Boolean(encryption[key]) &&
        encryption.keyring === undefined &&
        'has no effect without encryption.keyring',
    }),
  ),
  {
    // What is to send the spans would say so, too, with all of it: a login may be in there.
    keys: ['tracing.endpoint'],
    check: ({ tracing }) =>
      !URL.canParse(tracing.endpoint) && 'is no address; write it like http://collector:4318/v1/traces',
  },
  {
    keys: ['http.token', 'http.host'],
    check: ({ http }) =>
      http.token === undefined &&
      !isLoopback(http.host) &&
      `host ${http.host} can be reached from other machines, so a token is required; set token, or host: 127.0.0.1`,
  },
];

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}
