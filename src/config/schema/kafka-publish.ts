import { bytes, choice, flag, map, optionalText, whole, whileRunning } from './field.ts';

/** How results and dead letters are written. */
export const kafkaPublish = {
  transactional_id: optionalText(
    'Transactional id of the producer. Use a stable one for each pod of a StatefulSet.',
    {
      example: 'kubesentiment-0',
      defaultText: 'generated for each producer',
    },
  ),
  allow_unpatched: flag(
    'Lets exactly_once run on a librdkafka without the patches of this package. Delayed requests can ' +
      'then lose or duplicate results.',
    false,
  ),
  transaction_interval_ms: whileRunning(
    whole(
      'How long a finished result waits at most for its transaction, unless the previous one takes longer; under ' +
        'load, as long as latency_target_ms allows, if that is longer.',
      {
        default: 20,
        min: 0,
        max: 10_000,
        unit: 'ms',
      },
    ),
  ),
  transaction_max_messages: whole('Maximum number of messages per transaction.', {
    default: 10_000,
    min: 1,
    max: 1_000_000,
    unit: 'messages',
  }),
  producer_acks: choice(
    'Which replicas must confirm a write. Anything but all can lose results and works only with at_least_once.',
    ['all', '1', '0'],
    'all',
    { '-1': 'all' },
  ),
  producer_linger_ms: whole('How long the producer collects records before sending them.', {
    default: 5,
    min: 0,
    max: 10_000,
    unit: 'ms',
  }),
  producer_batch_size: bytes('Maximum size of a batch of records.', {
    default: 2 ** 20,
    min: 1024,
    max: 512 * 2 ** 20,
  }),
  producer_compression_type: choice(
    'Compression of written records.',
    ['none', 'gzip', 'snappy', 'lz4', 'zstd'],
    'lz4',
  ),
  producer_retries: whole('How often the producer retries a record.', {
    default: 2147483647,
    min: 0,
    max: 2147483647,
  }),
  librdkafka: map(
    'Other librdkafka properties, under their own names. They override what this program sets.',
    'properties of librdkafka 2.12 that have no key here and break no guarantee; JSON in the environment',
  ),
};
