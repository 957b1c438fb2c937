import { bytes, choice, flag, list, optionalText, ratio, text, whole } from './field.ts';

const topicPattern = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/;
const topicAllowed = 'letters, digits, ".", "_" and "-", at most 249';
const brokerPattern = /^(embedded|([A-Z_]+:\/\/)?(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?)$/;

/** What is read, by whom, and how much of it is in the process at once. */
export const kafkaConsume = {
  enabled: flag('Off: the service runs without a consumer and says so.', true),
  bootstrap_servers: list('Brokers to ask first. ["embedded"] starts a broker inside the process.', {
    default: ['localhost:9092'],
    allowed: 'host:port, or embedded alone',
    pattern: brokerPattern,
  }),
  consumer_group: text(
    'Name of the consumer group. To scale out, start more processes with the same group.',
    {
      default: 'kubesentiment_consumer',
    },
  ),
  topic: list('Topics with the requests: one or a list.', {
    default: ['sentiment_requests'],
    allowed: topicAllowed,
    pattern: topicPattern,
  }),
  results_topic: text('Topic of the results.', {
    default: 'sentiment_results',
    allowed: topicAllowed,
    pattern: topicPattern,
  }),
  delivery: choice(
    'exactly_once: results, dead letters and offsets leave in one transaction. at_least_once: for brokers ' +
      'without transactions; after a crash a result can come twice.',
    ['exactly_once', 'at_least_once'],
    'exactly_once',
  ),
  consumer_threads: whole(
    'Consumers of the group in this process, at most one for each CPU: one reads more than many CPUs classify, ' +
      'and each further one makes transactions longer. More than there are partitions stay idle.',
    {
      default: 8,
      min: 1,
      max: 256,
    },
  ),
  batch_size: whole('The most messages of an inference batch.', {
    default: 200,
    min: 1,
    max: 4096,
    unit: 'messages',
  }),
  batch_timeout_ms: whole('The longest a message waits for company in a batch; less when a worker is idle.', {
    default: 100,
    min: 0,
    max: 60_000,
    unit: 'ms',
  }),
  max_poll_records: whole('The most messages of one native drain call.', {
    default: 1000,
    min: 1,
    max: 100_000,
    unit: 'messages',
  }),
  buffer_size: whole('The most messages in the process; at this number polling stops.', {
    default: 50_000,
    min: 1,
    max: 1_000_000,
    unit: 'messages',
  }),
  buffer_bytes: bytes('The same limit in bytes of message values.', {
    default: 256 * 2 ** 20,
    min: 2 ** 20,
    max: 64 * 2 ** 30,
  }),
  max_message_bytes: bytes('A longer message value is a dead letter of type too_large.', {
    default: 2 ** 20,
    min: 64,
    max: 64 * 2 ** 20,
  }),
  max_json_depth: whole('A message nested deeper than this is a dead letter.', {
    default: 64,
    min: 1,
    max: 1024,
    unit: 'levels',
  }),
  processing_timeout_ms: whole('A batch that takes longer is a failure of type timeout and is tried again.', {
    default: 30_000,
    min: 100,
    max: 3_600_000,
    unit: 'ms',
  }),
  drain_timeout_ms: whole(
    'The longest a stop, or giving up partitions, waits for messages that are being processed.',
    {
      default: 20_000,
      min: 0,
      max: 600_000,
      unit: 'ms',
    },
  ),
  enable_auto_commit: flag(
    'Only with at_least_once, and still only for messages that were processed.',
    false,
  ),
  auto_offset_reset: choice(
    'Where a group without offsets starts. none: stop with an error.',
    ['latest', 'earliest', 'none'],
    'latest',
  ),
  fetch_min_bytes: whole(
    'The broker answers a fetch once it has this much, or after fetch_max_wait_ms. The 1 MiB and 500 ms of older ' +
      'guides cost up to half a second of latency at low load and gain nothing here: batches are built by us.',
    { default: 1, min: 1, max: 100_000_000, unit: 'bytes' },
  ),
  fetch_max_wait_ms: whole('The longest the broker holds a fetch back for fetch_min_bytes; see there.', {
    default: 20,
    min: 0,
    max: 30_000,
    unit: 'ms',
  }),
  max_partition_fetch_bytes: bytes('The most a fetch returns for a partition.', {
    default: 8 * 2 ** 20,
    min: 1024,
    max: 900 * 2 ** 20,
  }),
  session_timeout_ms: whole('Without a heartbeat for this long the broker takes the partitions away.', {
    default: 30_000,
    min: 2000,
    max: 3_600_000,
    unit: 'ms',
  }),
  heartbeat_interval_ms: whole('Time between heartbeats: at most a third of session_timeout_ms.', {
    default: 3000,
    min: 1,
    max: 1_200_000,
    unit: 'ms',
  }),
  max_poll_interval_ms: whole('Without a poll for this long the consumer leaves the group.', {
    default: 300_000,
    min: 10_000,
    max: 86_400_000,
    unit: 'ms',
  }),
  partition_assignment_strategy: choice(
    'How the group shares the partitions; sticky means cooperative-sticky. All members must agree.',
    ['cooperative-sticky', 'range', 'roundrobin'],
    'cooperative-sticky',
    { sticky: 'cooperative-sticky' },
  ),
  group_protocol: choice(
    'consumer: the protocol of KIP-848 (brokers from 4.0), where the broker assigns. session_timeout_ms, ' +
      'heartbeat_interval_ms and partition_assignment_strategy are then settings of the broker and not sent.',
    ['classic', 'consumer'],
    'classic',
  ),
  group_instance_id: optionalText(
    'Static membership: a restart within session_timeout_ms causes no rebalance. Each ' +
      'consumer adds its number.',
    { example: 'kubesentiment-0' },
  ),
  dedup: choice(
    'What counts as seen before. offset: the same record. id: also a request with the same id in this process. ' +
      'none: as offset, for the ledger of offsets needs it.',
    ['offset', 'id', 'none'],
    'offset',
  ),
  dedup_window: whole('With dedup: id, how many ids are remembered.', {
    default: 1_000_000,
    min: 1,
    max: 100_000_000,
    unit: 'ids',
  }),
  dedup_ttl_s: whole('With dedup: id, for how long an id is remembered.', {
    default: 3600,
    min: 1,
    max: 31_536_000,
    unit: 's',
  }),
  dlq_enabled: flag(
    'Off: a message that cannot be processed is counted, logged without its text, and passed over.',
    true,
  ),
  dlq_topic: text('Topic of the dead letters.', {
    default: 'sentiment_requests_dlq',
    allowed: topicAllowed,
    pattern: topicPattern,
  }),
  max_retries: whole(
    'How often a message whose processing failed is tried again before it is a dead letter.',
    {
      default: 3,
      min: 0,
      max: 100,
    },
  ),
  retry_backoff_ms: whole('Wait before the first retry; it doubles with each one.', {
    default: 100,
    min: 0,
    max: 60_000,
    unit: 'ms',
  }),
  dlq_stop_ratio: ratio(
    'Share of dead letters over a minute at which the consumer stops and reports not ready, instead of draining a ' +
      'topic into the dead letters. 0: never.',
    0.5,
  ),
};
