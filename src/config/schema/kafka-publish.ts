import { bytes, choice, flag, map, optionalText, whole } from './field.ts';

/** How results and dead letters are written. */
export const kafkaPublish = {
  transactional_id: optionalText(
    'Name of the transactional producer. Give a stable one for each pod of a StatefulSet.',
    {
      example: 'kubesentiment-0',
      defaultText: 'generated for each producer',
    },
  ),
  allow_unpatched: flag(
    'Lets exactly_once run on a librdkafka without the patches of this package. Requests that the network delays can ' +
      'then lose or double results.',
    false,
  ),
  transaction_interval_ms: whole(
    'The longest a finished result waits for its transaction, unless transactions take long.',
    {
      default: 20,
      min: 0,
      max: 10_000,
      unit: 'ms',
    },
  ),
  transaction_max_messages: whole('The most messages whose results share a transaction.', {
    default: 10_000,
    min: 1,
    max: 1_000_000,
    unit: 'messages',
  }),
  producer_acks: choice(
    'Which replicas confirm a write. Less than all can lose results, and only at_least_once allows it.',
    ['all', '1', '0'],
    'all',
    { '-1': 'all' },
  ),
  producer_linger_ms: whole('How long the producer collects records for one request.', {
    default: 5,
    min: 0,
    max: 10_000,
    unit: 'ms',
  }),
  producer_batch_size: bytes('The most bytes the producer puts into one batch of records.', {
    default: 2 ** 20,
    min: 1024,
    max: 512 * 2 ** 20,
  }),
  producer_compression_type: choice(
    'Compression of what is written.',
    ['none', 'gzip', 'snappy', 'lz4', 'zstd'],
    'lz4',
  ),
  producer_retries: whole('How often the producer sends a record again.', {
    default: 2147483647,
    min: 0,
    max: 2147483647,
  }),
  librdkafka: map(
    'Anything else librdkafka knows, under its own names; it wins over what this program sets itself.',
    'properties of librdkafka 2.12 that have no key here and break no promise; JSON in the environment',
  ),
};
