// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of the configuration file.
import { choice, flag, optionalChoice, optionalText } from './field.ts';

/** Encryption of the connection, and credentials. */
export const kafkaSecurity = {
  security_protocol: choice(
    'Protocol for talking to the brokers: SSL means TLS, SASL means a login.',
    ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'],
    'PLAINTEXT',
  ),
  ssl_cafile: optionalText('PEM file with the trusted CA certificates (default: those of the system).', {
    example: '/etc/kafka/ca.pem',
  }),
  ssl_certfile: optionalText('PEM file with the client certificate.', { example: '/etc/kafka/client.pem' }),
  ssl_keyfile: optionalText('PEM file with the private key of ssl_certfile.', {
    example: '/etc/kafka/client.key',
  }),
  ssl_password: optionalText('Password of ssl_keyfile.', {
    secret: true,
    example: '${file:/run/secrets/key}',
  }),
  ssl_check_hostname: flag("Whether the broker's certificate must match its host name.", true),
  sasl_mechanism: optionalChoice('Login mechanism.', [
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
  sasl_oauth_token_endpoint_url: optionalText('Token endpoint for OAUTHBEARER (OpenID Connect).', {
    pattern: /^https?:\/\/[^\s/]+/,
    allowed: 'an https:// address',
    example: 'https://login.example.com/oauth2/token',
  }),
  sasl_oauth_client_id: optionalText('Client id for OAUTHBEARER.', { example: 'kubesentiment' }),
  sasl_oauth_client_secret: optionalText('Client secret for OAUTHBEARER.', {
    secret: true,
    example: '${file:/run/secrets/oauth}',
  }),
  sasl_oauth_scope: optionalText('Scope to request with OAUTHBEARER.', { example: 'kafka' }),
  allow_insecure: flag('Allows a login without TLS, which sends credentials or data unencrypted.', false),
};
