import { randomUUID } from 'node:crypto';
import { type PropertyValue, passthrough } from './passthrough.ts';
import { internalTopics, isPattern, patternOf } from '../topic-patterns.ts';
import type { Config } from './schema.ts';
import { outputTopicsOf } from './topics.ts';

type Kafka = Config['kafka'];
export type LibrdkafkaProperties = Record<string, PropertyValue>;

/**
 * The largest record that the producer accepts. It is the largest that a consumer can fetch, because a message of any
 * size must be able to become a dead letter. The limit of the topic still applies.
 */
const RECORD_BYTES_MAX = 100_000_000;

/**
 * Time after which the broker aborts an open transaction. It is shorter than the session: before another member gets
 * the partitions of a dead one, the transaction of the dead member has ended and its offsets are settled.
 */
export function transactionTimeoutMs(kafka: Pick<Kafka, 'session_timeout_ms'>): number {
  return Math.min(15_000, Math.floor(kafka.session_timeout_ms / 2));
}

/** Properties of every client. The embedded broker gets no broker list: its address is known only once it runs. */
export function commonProperties({ kafka }: Config): LibrdkafkaProperties {
  const brokers = kafka.bootstrap_servers.filter((server) => server !== 'embedded');
  return {
    ...(brokers.length > 0 && { 'metadata.broker.list': brokers.join(',') }),
    'client.id': 'kubesentiment',
    'socket.keepalive.enable': true,
    // A misspelled topic must be an error, not a new topic.
    'allow.auto.create.topics': false,
    ...securityProperties(kafka),
    ...passthrough(kafka, ['common']),
  };
}

/**
 * Consumer number `index` (from 0) of this process, or the one that reads the retry topics. Use together with
 * `consumerTopicProperties`.
 */
export function consumerProperties(config: Config, index: number | 'retries'): LibrdkafkaProperties {
  const { kafka } = config;
  return {
    ...commonProperties(config),
    'group.id': kafka.consumer_group,
    ...(kafka.group_instance_id !== undefined && {
      'group.instance.id': `${kafka.group_instance_id}-${index}`,
    }),
    ...membershipProperties(kafka),
    'max.poll.interval.ms': kafka.max_poll_interval_ms,
    'enable.auto.commit': kafka.enable_auto_commit,
    'enable.auto.offset.store': false,
    'isolation.level': 'read_committed',
    // librdkafka would hand out damaged records.
    'check.crcs': true,
    'fetch.min.bytes': kafka.fetch_min_bytes,
    'fetch.wait.max.ms': kafka.fetch_max_wait_ms,
    'fetch.message.max.bytes': kafka.max_partition_fetch_bytes,
    'fetch.error.backoff.ms': 50,
    ...prefetchLimits(kafka),
    ...passthrough(kafka, ['common', 'consumer']),
    ...hiddenTopics(config),
  };
}

/**
 * The configuration refuses patterns that match what we write. Should librdkafka ever read one differently, a consumer
 * still does not see these topics.
 */
function hiddenTopics(config: Config): LibrdkafkaProperties {
  if (!config.kafka.topic.some(isPattern)) return {};
  const hidden = [...outputTopicsOf(config), ...internalTopics].map(patternOf);
  const { 'topic.blacklist': given } = config.kafka.librdkafka;
  return { 'topic.blacklist': [...hidden, ...(given === undefined ? [] : [given])].join(',') };
}

/** With the newer protocol the broker decides these, and librdkafka refuses them. */
function membershipProperties(kafka: Kafka): LibrdkafkaProperties {
  if (kafka.group_protocol === 'consumer') return { 'group.protocol': 'consumer' };
  return {
    'partition.assignment.strategy': kafka.partition_assignment_strategy,
    'session.timeout.ms': kafka.session_timeout_ms,
    'heartbeat.interval.ms': kafka.heartbeat_interval_ms,
  };
}

export function consumerTopicProperties({ kafka }: Config): LibrdkafkaProperties {
  return {
    // Where the group has no offset we find the start ourselves (src/kafka/start-positions.ts). This is for an offset
    // whose record is deleted while we read: the oldest record kept is next, and src/kafka/log-changes.ts tells.
    'auto.offset.reset': 'earliest',
    ...passthrough(kafka, ['consumerTopic']),
  };
}

/**
 * The producer: transactional for exactly_once, otherwise idempotent if acks and retries allow it. Use together with
 * `producerTopicProperties`. Without a `transactional_id` each call generates a new one, so call it once per producer:
 * two producers with the same id would fence each other off.
 */
export function producerProperties(config: Config): LibrdkafkaProperties {
  const { kafka } = config;
  const isTransactional = kafka.delivery === 'exactly_once';
  return {
    ...commonProperties(config),
    ...(isTransactional && {
      'transactional.id': kafka.transactional_id ?? `${kafka.consumer_group}-${randomUUID()}`,
      'transaction.timeout.ms': transactionTimeoutMs(kafka),
    }),
    'enable.idempotence': isTransactional || (kafka.producer_acks === 'all' && kafka.producer_retries > 0),
    'linger.ms': kafka.producer_linger_ms,
    'batch.size': kafka.producer_batch_size,
    'compression.type': kafka.producer_compression_type,
    'message.send.max.retries': kafka.producer_retries,
    'message.max.bytes': RECORD_BYTES_MAX,
    ...passthrough(kafka, ['common', 'producer']),
  };
}

export function producerTopicProperties({ kafka }: Config): LibrdkafkaProperties {
  return {
    'request.required.acks': kafka.producer_acks === 'all' ? -1 : Number(kafka.producer_acks),
    ...passthrough(kafka, ['producerTopic']),
  };
}

/** Enough messages to last for a while at any speed. */
const LONG_QUEUE = 5_000;

/** The prefetch queues of all consumers together stay within the budget of the process. */
function prefetchLimits({ buffer_size, buffer_bytes, consumer_threads }: Kafka): LibrdkafkaProperties {
  const messages = Math.floor(buffer_size / consumer_threads);
  const kibibytes = Math.floor(buffer_bytes / consumer_threads / 1024);
  return {
    'queued.min.messages': clamp(messages, 100, 20_000),
    'queued.max.messages.kbytes': clamp(kibibytes, 1024, 32 * 1024),
    // How often a full queue is looked at again, which costs a thread that wakes up. With the default of a second the
    // pipeline would run dry meanwhile, and with a short queue it would do so sooner.
    'fetch.queue.backoff.ms': messages >= LONG_QUEUE ? 50 : 10,
  };
}

function securityProperties(kafka: Kafka): LibrdkafkaProperties {
  const properties: Record<string, PropertyValue | undefined> = {
    'security.protocol': kafka.security_protocol.toLowerCase(),
    'ssl.ca.location': kafka.ssl_cafile,
    'ssl.certificate.location': kafka.ssl_certfile,
    'ssl.key.location': kafka.ssl_keyfile,
    'ssl.key.password': kafka.ssl_password,
    'ssl.endpoint.identification.algorithm': kafka.ssl_check_hostname ? undefined : 'none',
    'sasl.mechanisms': kafka.sasl_mechanism,
    'sasl.username': kafka.sasl_plain_username,
    'sasl.password': kafka.sasl_plain_password,
    // src/kafka/oauth.ts fetches the tokens and reads this; librdkafka would need libcurl to do so.
    'sasl.oauthbearer.config':
      kafka.sasl_mechanism === 'OAUTHBEARER'
        ? JSON.stringify({
            url: kafka.sasl_oauth_token_endpoint_url,
            clientId: kafka.sasl_oauth_client_id,
            clientSecret: kafka.sasl_oauth_client_secret,
            scope: kafka.sasl_oauth_scope,
          })
        : undefined,
  };
  return Object.fromEntries(
    Object.entries(properties).filter((entry): entry is [string, PropertyValue] => entry[1] !== undefined),
  );
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
