// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of the configuration file.
import { choice, flag, optionalChoice, optionalText } from './field.ts';

/** Encryption of the connection and who we are. */
export const kafkaSecurity = {
  security_protocol: choice(
    'How to talk to the brokers: SSL means TLS, SASL means with a login.',
    ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'],
    'PLAINTEXT',
  ),
  ssl_cafile: optionalText('PEM file with the certificates to trust; without it, those of the system.', {
    example: '/etc/kafka/ca.pem',
  }),
  ssl_certfile: optionalText('PEM file with our own certificate.', { example: '/etc/kafka/client.pem' }),
  ssl_keyfile: optionalText('PEM file with the key of ssl_certfile.', { example: '/etc/kafka/client.key' }),
  ssl_password: optionalText('Password of ssl_keyfile.', {
    secret: true,
    example: '${file:/run/secrets/key}',
  }),
  ssl_check_hostname: flag("Whether the broker's certificate must carry its host name.", true),
  sasl_mechanism: optionalChoice('Kind of login.', [
    'PLAIN',
    'SCRAM-SHA-256',
    'SCRAM-SHA-512',
    'OAUTHBEARER',
  ]),
  sasl_plain_username: optionalText('User name for PLAIN and SCRAM.', { example: 'kubesentiment' }),
  sasl_plain_password: optionalText('Password for PLAIN and SCRAM.', {
    secret: true,
    example: '${file:/run/secrets/kafka}',
  }),
  sasl_oauth_token_endpoint_url: optionalText('Where OAUTHBEARER gets its tokens (OpenID Connect).', {
    pattern: /^https?:\/\/[^\s/]+/,
    allowed: 'an https:// address',
    example: 'https://login.example.com/oauth2/token',
  }),
  sasl_oauth_client_id: optionalText('Client id for OAUTHBEARER.', { example: 'kubesentiment' }),
  sasl_oauth_client_secret: optionalText('Client secret for OAUTHBEARER.', {
    secret: true,
    example: '${file:/run/secrets/oauth}',
  }),
  sasl_oauth_scope: optionalText('Scope to ask for with OAUTHBEARER.', { example: 'kafka' }),
  allow_insecure: flag(
    'Permits a login without TLS, which sends the credentials or the data in the clear.',
    false,
  ),
};
