// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of the configuration file.
import { cpuQuota } from '../cpu-quota.ts';
import { choice, flag, list, nullableText, optionalText, ratio, text, whole } from './field.ts';

export const model = {
  path: nullableText(
    'Model directory: config.json, tokenizer.json and an ONNX file, as Hugging Face lays them out.',
    {
      default: 'models/default',
      allowed: 'a directory',
    },
  ),
  max_length: whole(
    "The most tokens of a text, never more than the model's own limit; the rest is cut off.",
    {
      default: 128,
      min: 4,
      max: 8192,
      unit: 'tokens',
    },
  ),
  execution_providers: list('Where ONNX Runtime computes, best first: ["cuda", "cpu"] if there is a GPU.', {
    default: ['cpu'],
    allowed: 'cpu, cuda',
    choices: ['cpu', 'cuda'],
  }),
  min_threads: whole('Inference workers that are always there.', { default: 1, min: 1, max: 1024 }),
  max_threads: whole('Inference workers under load.', {
    default: cpuQuota,
    min: 1,
    max: 1024,
    defaultText: 'the CPU quota of the process',
    example: '8',
  }),
  tokens_per_batch: whole('The most tokens of a batch, padding included.', {
    default: 512,
    min: 4,
    max: 1_048_576,
    unit: 'tokens',
  }),
  tokens_per_batch_cuda: whole('The same where the model runs on a GPU, which wants larger batches.', {
    default: 16_384,
    min: 4,
    max: 1_048_576,
    unit: 'tokens',
  }),
  return_all_scores: flag('Adds the score of every label to each result.', false),
};

export const http = {
  host: text('Address to listen on. Anything but loopback needs a token.', {
    default: '127.0.0.1',
    pattern: /^[A-Za-z0-9._:-]+$/,
    allowed: 'a host name or an IP address',
  }),
  port: whole('Port to listen on; 0 takes a free one.', { default: 8000, min: 0, max: 65_535 }),
  token: optionalText('Bearer token that callers must send. Needed when host is not loopback.', {
    min: 16,
    allowed: 'at least 16 characters',
    secret: true,
    example: '${file:/run/secrets/http-token}',
  }),
  page: flag('Serves the live page at /.', true),
  requests_per_second: whole(
    'Requests a second of one address; those above it are held up and refused. Scrapes and long bodies count more.',
    { default: 50, min: 1, max: 1_000_000 },
  ),
};

export const encryption = {
  keyring: optionalText(
    'File with the keys of encrypted requests, JSON: key id and 32 bytes in base64. It is read again when it ' +
      'changes. Or the JSON itself, from an environment variable, which cannot change.',
    { allowed: 'a file, or JSON that begins with {', secret: true, example: '/run/secrets/keyring.json' },
  ),
  active_key: optionalText('Id of the key that encrypts; all keys decrypt.', {
    defaultText: 'the last key of the keyring',
    example: '2026-11-23-9f3a',
  }),
  require: flag('Requests that are not encrypted become dead letters, without their value.', false),
};

export const logging = {
  level: choice(
    'The least severe lines that are written. Message texts, keys and user data are never logged.',
    ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    'info',
  ),
  format: choice('json: one object a line. pretty: for people.', ['json', 'pretty'], 'json'),
};

export const tracing = {
  exporter: choice(
    'none: no tracing, and no cost. otlp: spans go to endpoint. host: they go to the provider that the program ' +
      'around this library has registered with the OpenTelemetry API.',
    ['none', 'otlp', 'host'],
    'none',
  ),
  endpoint: text('Where spans are sent, OTLP over HTTP.', {
    default: 'http://localhost:4318/v1/traces',
    pattern: /^https?:\/\/[^\s/]+/,
    allowed: 'an http:// or https:// address',
  }),
  sample_ratio: ratio('Share of the batches that get a span, with otlp.', 1),
};
