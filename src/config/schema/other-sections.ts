// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of the configuration file.
import { cpuQuota } from '../cpu-quota.ts';
import { choice, flag, list, nullableText, optionalText, ratio, text, whole } from './field.ts';

export const request = {
  tombstones: choice(
    'What a record without a value is. skip: counted and passed over. dead_letter: a malformed request.',
    ['skip', 'dead_letter'],
    'skip',
  ),
};

export const model = {
  path: nullableText(
    'Model directory in Hugging Face layout: config.json, tokenizer.json and an ONNX file.',
    {
      default: 'models/default',
      allowed: 'a directory',
    },
  ),
  max_length: whole(
    "Maximum number of tokens per text, at most the model's own limit; longer texts are truncated.",
    {
      default: 128,
      min: 4,
      max: 8192,
      unit: 'tokens',
    },
  ),
  execution_providers: list(
    'Execution providers of ONNX Runtime in order of preference; ["cuda", "cpu"] with a GPU.',
    {
      default: ['cpu'],
      allowed: 'cpu, cuda',
      choices: ['cpu', 'cuda'],
    },
  ),
  min_threads: whole('Minimum number of inference threads.', { default: 1, min: 1, max: 1024 }),
  max_threads: whole('Maximum number of inference threads.', {
    default: cpuQuota,
    min: 1,
    max: 1024,
    defaultText: 'the CPU quota of the process',
    example: '8',
  }),
  tokens_per_batch: whole('Maximum number of tokens per batch, including padding.', {
    default: 512,
    min: 4,
    max: 1_048_576,
    unit: 'tokens',
  }),
  tokens_per_batch_cuda: whole('The same for a model on a GPU, which needs larger batches.', {
    default: 16_384,
    min: 4,
    max: 1_048_576,
    unit: 'tokens',
  }),
  return_all_scores: flag('Adds the scores of all labels to each result.', false),
};

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
  requests_per_second: whole(
    'Requests per second and address; more are delayed and rejected. Scrapes and long bodies count more.',
    { default: 50, min: 1, max: 1_000_000 },
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

export const logging = {
  level: choice(
    'Minimum severity of log lines. Message texts, keys and user data are never logged.',
    ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    'info',
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
  sample_ratio: ratio('Share of batches that get a span with otlp.', 1),
};
