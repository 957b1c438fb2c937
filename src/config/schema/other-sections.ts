// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of the configuration file.
import { choice, flag, optionalList, optionalText, ratio, text, whole, whileRunning } from './field.ts';

export const http = {
  host: text('Address to listen on. Anything but loopback requires a token.', {
    default: '127.0.0.1',
    pattern: /^[A-Za-z0-9._:-]+$/,
    allowed: 'a host name or an IP address',
  }),
  port: whole('Port to listen on; 0 takes a free one.', { default: 8000, min: 0, max: 65_535 }),
  token: optionalText('Bearer token that clients must send. Required if host is not loopback.', {
    min: 16,
    allowed: 'at least 16 characters',
    secret: true,
    example: '${file:/run/secrets/http-token}',
  }),
  page: flag('Serves the live page at /.', true),
  requests_per_second: whileRunning(
    whole(
      'Requests per second and address; more are delayed and rejected. Scrapes and long bodies count more.',
      { default: 50, min: 1, max: 1_000_000 },
    ),
  ),
  peers: whileRunning(
    optionalList(
      'Base URLs of the other processes of the group. The live page and /api/v1/peers show them beside this one. A ' +
        'host name with several addresses, such as that of a headless service, stands for one process at each address.',
      {
        pattern: /^https?:\/\/[^\s/@?#]+(\/[^\s?#]*)?$/,
        allowed: 'http:// or https:// addresses without user and password',
        defaultText: 'none',
        example: 'http://kubesentiment-peers:8000',
      },
    ),
  ),
  peers_token: whileRunning(
    optionalText('Bearer token for the processes in peers. It is sent to their addresses and nowhere else.', {
      secret: true,
      defaultText: 'http.token',
      example: '${file:/run/secrets/http-token}',
    }),
  ),
  peers_ssl_cafile: whileRunning(
    optionalText('PEM file with the authorities that https:// addresses in peers are checked against.', {
      defaultText: 'the authorities that Node.js brings along',
      example: '/etc/ssl/peers-ca.pem',
    }),
  ),
};

export const encryption = {
  keyring: optionalText(
    'JSON file with the keys of encrypted requests: key id and 32 bytes in base64. It is read again when it ' +
      'changes. Or the JSON itself, from an environment variable, which cannot change.',
    { allowed: 'a file, or JSON that starts with {', secret: true, example: '/run/secrets/keyring.json' },
  ),
  active_key: optionalText('Id of the key to encrypt with; all keys decrypt.', {
    defaultText: 'the last key of the keyring',
    example: '2026-11-23-9f3a',
  }),
  require: flag('true: plain requests become dead letters, without their value.', false),
};

/** Where the schemas of requests come from. */
export const schemaRegistry = {
  url: optionalText(
    'Address of the Schema Registry: Confluent, or one with the same API (Apicurio, Karapace).',
    {
      pattern: /^https?:\/\/[^\s/@?#]+(\/[^\s?#]*)?$/,
      allowed: 'an http:// or https:// address without user and password',
      example: 'https://registry.example.com:8081',
    },
  ),
  username: optionalText('User, or key of an API.', { example: 'kubesentiment' }),
  password: optionalText('Password of the user, or secret of the key.', {
    secret: true,
    example: '${file:/run/secrets/registry-password}',
  }),
  token: optionalText('Bearer token, in the place of user and password.', {
    secret: true,
    example: '${file:/run/secrets/registry-token}',
  }),
  ssl_cafile: optionalText(
    'PEM file with the authorities that the certificate of the registry is checked against.',
    {
      defaultText: 'the authorities that Node.js brings along',
      example: '/etc/ssl/registry-ca.pem',
    },
  ),
};

export const logging = {
  level: whileRunning(
    choice(
      'Minimum severity of log lines. Message texts, keys and user data are never logged.',
      ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
      'info',
    ),
  ),
  format: choice('json: one object per line. pretty: for people.', ['json', 'pretty'], 'json'),
};

export const tracing = {
  exporter: choice(
    'none: no tracing and no cost. otlp: spans are sent to endpoint. host: they go to the provider that the host ' +
      'program has registered with the OpenTelemetry API.',
    ['none', 'otlp', 'host'],
    'none',
  ),
  endpoint: text('Where to send spans with OTLP over HTTP.', {
    default: 'http://localhost:4318/v1/traces',
    pattern: /^https?:\/\/[^\s/]+/,
    allowed: 'an http:// or https:// address',
  }),
  sample_ratio: ratio('With otlp: share of polls, batches and transactions that get spans.', 1),
};
