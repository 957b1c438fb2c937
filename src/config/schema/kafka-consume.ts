import { DELAY_PATTERN } from '../../retry-topics.ts';
import { COMMON_PATTERN } from '../../topic-patterns.ts';
import {
  bytes,
  choice,
  flag,
  list,
  optionalList,
  optionalText,
  ratio,
  text,
  whole,
  whileRunning,
} from './field.ts';
import { topicList } from './topics.ts';

/** What Kafka takes as the name of a topic. */
export const TOPIC_PATTERN = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/;
const TOPIC_ALLOWED = 'letters, digits, ".", "_" and "-", at most 249';
const NAME_OR_PATTERN = new RegExp(`${TOPIC_PATTERN.source}|${COMMON_PATTERN.source}`);
const BROKER_PATTERN = /^(embedded|([A-Z_]+:\/\/)?(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?)$/;

/** What is read, by whom, and how much of it may be in the process at once. */
export const kafkaConsume = {
  enabled: flag('false: the service runs without a consumer and logs that.', true),
  bootstrap_servers: list(
    'Brokers for the first connection. ["embedded"] starts a broker inside the process.',
    {
      default: ['localhost:9092'],
      allowed: 'host:port, or only embedded',
      pattern: BROKER_PATTERN,
    },
  ),
  consumer_group: text(
    'Name of the consumer group. To scale out, start more processes with the same group.',
    {
      default: 'kubesentiment_consumer',
    },
  ),
  topic: list(
    'Request topics: one or a list. An entry that begins with ^ is a pattern: all topics that match it are read, ' +
      'also those that are created later.',
    {
      default: ['sentiment_requests'],
      allowed: `names (${TOPIC_ALLOWED}), or patterns like ^tickets-.*`,
      pattern: NAME_OR_PATTERN,
    },
  ),
  topics: topicList(
    'Request topics whose requests look different: each entry has a topic or a pattern, and those keys of request: ' +
      'that differ. The first entry that matches counts. They are read besides those of kafka.topic, or alone if ' +
      'that is not set.',
    {
      allowed: 'a name, or a pattern like ^tickets-.*',
      pattern: NAME_OR_PATTERN,
    },
  ),
  results_topic: text('Topic for results.', {
    default: 'sentiment_results',
    allowed: TOPIC_ALLOWED,
    pattern: TOPIC_PATTERN,
  }),
  delivery: choice(
    'exactly_once: results, dead letters and offsets are written in one transaction. at_least_once: for brokers ' +
      'without transactions; after a crash, results can be duplicated.',
    ['exactly_once', 'at_least_once'],
    'exactly_once',
  ),
  consumer_threads: whole(
    'Consumers in this process, at most one per CPU: one reads more than many CPUs can classify, ' +
      'and each further one makes transactions longer. Consumers without partitions stay idle.',
    {
      default: 8,
      min: 1,
      max: 256,
    },
  ),
  batch_size: whole('Maximum number of messages in an inference batch.', {
    default: 200,
    min: 1,
    max: 4096,
    unit: 'messages',
  }),
  batch_timeout_ms: whileRunning(
    whole(
      'How long a message waits at most for others to fill its batch; usually less, see latency_target_ms.',
      {
        default: 100,
        min: 0,
        max: 60_000,
        unit: 'ms',
      },
    ),
  ),
  latency_target_ms: whileRunning(
    whole(
      'What batching and committing aim for: p95 of the processing time below it, for as little processor time as ' +
        'possible. Near the load that the machine can carry it may be higher, and above that load throughput goes ' +
        'first.',
      {
        default: 100,
        min: 1,
        max: 10_000,
        unit: 'ms',
      },
    ),
  ),
  target_freshness_s: whileRunning(
    whole(
      'How old a request may be when its result is committed. Only kafka_desired_replicas goes by it, which tells an ' +
        'autoscaler how many processes that takes. Below a minute, a new process comes too late.',
      {
        default: 60,
        min: 1,
        max: 86_400,
        unit: 's',
      },
    ),
  ),
  max_poll_records: whole('Maximum number of messages per poll.', {
    default: 1000,
    min: 1,
    max: 100_000,
    unit: 'messages',
  }),
  buffer_size: whole('Maximum number of messages in the process; polling stops there.', {
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
  max_message_bytes: bytes('Larger message values become dead letters of type too_large.', {
    default: 2 ** 20,
    min: 64,
    max: 64 * 2 ** 20,
  }),
  max_json_depth: whole('Messages with deeper nesting become dead letters.', {
    default: 64,
    min: 1,
    max: 1024,
    unit: 'levels',
  }),
  processing_timeout_ms: whole('A batch that takes longer fails with timeout and is tried again.', {
    default: 30_000,
    min: 100,
    max: 3_600_000,
    unit: 'ms',
  }),
  watchdog_timeout_ms: whole(
    'When the event loop of "consume" stands still for longer, the process says where and ends with exit code 70. A ' +
      'message that was in hand alone, twice, becomes a dead letter. 0: off.',
    {
      default: 30_000,
      min: 0,
      max: 3_600_000,
      unit: 'ms',
    },
  ),
  drain_timeout_ms: whole(
    'How long a stop or a revocation waits at most for messages that are being processed.',
    {
      default: 20_000,
      min: 0,
      max: 600_000,
      unit: 'ms',
    },
  ),
  enable_auto_commit: flag(
    'Only with at_least_once; even then, only processed messages are committed.',
    false,
  ),
  auto_offset_reset: choice(
    'Where a partition starts for a group that has no offset for it: decided once, then committed. none: stop with ' +
      'an error. Partitions that are added later start at their beginning.',
    ['latest', 'earliest', 'none'],
    'latest',
  ),
  fetch_min_bytes: whole(
    'The broker answers a fetch once it has this much, or after fetch_max_wait_ms. The 1 MiB and 500 ms of older ' +
      'guides cost up to half a second of latency at low load and gain nothing, because batches are built here.',
    { default: 1, min: 1, max: 100_000_000, unit: 'bytes' },
  ),
  fetch_max_wait_ms: whole('How long the broker delays a fetch at most to collect fetch_min_bytes.', {
    default: 20,
    min: 0,
    max: 30_000,
    unit: 'ms',
  }),
  max_partition_fetch_bytes: bytes('Maximum size of a fetch response per partition.', {
    default: 8 * 2 ** 20,
    min: 1024,
    max: 900 * 2 ** 20,
  }),
  session_timeout_ms: whole('After this long without a heartbeat, the broker takes the partitions away.', {
    default: 30_000,
    min: 2000,
    max: 3_600_000,
    unit: 'ms',
  }),
  heartbeat_interval_ms: whole('Time between heartbeats, at most a third of session_timeout_ms.', {
    default: 3000,
    min: 1,
    max: 1_200_000,
    unit: 'ms',
  }),
  max_poll_interval_ms: whole('After this long without a poll, the consumer leaves the group.', {
    default: 300_000,
    min: 10_000,
    max: 86_400_000,
    unit: 'ms',
  }),
  partition_assignment_strategy: choice(
    'How partitions are assigned; sticky means cooperative-sticky. All members must use the same.',
    ['cooperative-sticky', 'range', 'roundrobin'],
    'cooperative-sticky',
    { sticky: 'cooperative-sticky' },
  ),
  group_protocol: choice(
    'consumer: the protocol of KIP-848 (brokers from 4.0), where the broker assigns partitions. session_timeout_ms, ' +
      'heartbeat_interval_ms and partition_assignment_strategy are then settings of the broker and not sent.',
    ['classic', 'consumer'],
    'classic',
  ),
  group_instance_id: optionalText(
    'Static membership: a restart within session_timeout_ms causes no rebalance. Each ' +
      'consumer appends its number.',
    { example: 'kubesentiment-0' },
  ),
  dedup: choice(
    'What counts as a duplicate. offset: the same record. id: also a request whose id this process has seen. ' +
      'none: the same as offset, which cannot be turned off.',
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
    'false: a message that cannot be processed is counted, logged without its text, and skipped.',
    true,
  ),
  dlq_topic: text('Topic for dead letters.', {
    default: 'sentiment_requests_dlq',
    allowed: TOPIC_ALLOWED,
    pattern: TOPIC_PATTERN,
  }),
  max_retries: whileRunning(
    whole(
      'How often a failed message is tried again at once, before it is put off or becomes a dead letter.',
      {
        default: 3,
        min: 0,
        max: 100,
      },
    ),
  ),
  retry_backoff_ms: whileRunning(
    whole('Delay before the first retry; it doubles each time.', {
      default: 100,
      min: 0,
      max: 60_000,
      unit: 'ms',
    }),
  ),
  retry_topics: optionalList(
    'How long a message waits for another try, after max_retries, if it failed for a reason that can pass: one topic ' +
      'for each delay, TOPIC-retry-DELAY, through which it goes in this order before it becomes a dead letter. Other ' +
      'messages do not wait for it, so its order is given up.',
    {
      allowed: 'delays like 30s, 10m, 2h, 1d',
      defaultText: 'none: after max_retries it becomes a dead letter',
      example: '["10s", "1m", "10m"]',
      pattern: DELAY_PATTERN,
    },
  ),
  dlq_stop_ratio: whileRunning(
    ratio(
      'Share of dead letters within a minute at which the consumer stops and reports not ready, instead of turning ' +
        'a whole topic into dead letters. 0: never.',
      0.5,
    ),
  ),
};
