import type { Config } from '../config/schema.ts';
import { resultsTopicsOf, retryTopicsOf } from '../config/topics.ts';
import type { ResourceConfig } from '../kafka/config-request.ts';
import type { ClusterMetadata } from '../kafka/connect.ts';
import { failed, ok, type Result, warn } from './doctor-finding.ts';
import { topicsOf } from '../cluster/topics.ts';
import { listRetryTopics } from '../retry-topics.ts';

const REPLICAS_WANTED = 3;
const IN_SYNC_WANTED = 2;
const HOUR_MS = 3_600_000;
/** Time to notice and fix an outage before unread requests are deleted. */
const RETENTION_MS_WANTED = 24 * HOUR_MS;
/** About ten headers and their names, or a result. */
const MORE_BYTES = 1_024;

/** Settings by name of the topic. */
export type TopicConfigs = ReadonlyMap<string, ResourceConfig>;

/** Replicas of our topics and of Kafka's own topics for offsets and transactions. */
export function replicas(metadata: ClusterMetadata, config: Config): Result {
  const names = [...topicsOf(config), '__consumer_offsets', '__transaction_state'];
  const partitions = metadata.topics
    .filter(({ name }) => names.includes(name))
    .flatMap(({ name, partitions }) => partitions.map((partition) => ({ name, ...partition })));
  const few = unique(partitions.filter((partition) => partition.replicas.length < REPLICAS_WANTED));
  const behind = unique(partitions.filter((partition) => partition.isrs.length < partition.replicas.length));
  if (few.length > 0) {
    return failed(
      `fewer than ${REPLICAS_WANTED} replicas: ${few.join(', ')}`,
      'Losing a broker can lose messages: raise the replication factor (kafka-reassign-partitions).',
    );
  }
  return behind.length > 0
    ? warn(`replicas out of sync: ${behind.join(', ')}`, 'Check the brokers; this should recover by itself.')
    : ok(`${REPLICAS_WANTED} or more for each partition, all in sync`);
}

function unique(partitions: readonly { readonly name: string }[]): string[] {
  return [...new Set(partitions.map(({ name }) => name))];
}

/** `min.insync.replicas` and unclean elections: whether an acknowledged write survives the loss of a broker. */
export function durability(configs: TopicConfigs): Result {
  const low = namesWhere(configs, (of) => Number(of.get('min.insync.replicas')) < IN_SYNC_WANTED);
  if (low.length > 0) {
    return failed(
      `min.insync.replicas below ${IN_SYNC_WANTED}: ${low.join(', ')}`,
      `Run "kubesentiment topics set NAME min.insync.replicas=${IN_SYNC_WANTED}".`,
    );
  }
  const unclean = namesWhere(configs, (of) => of.get('unclean.leader.election.enable') === 'true');
  return unclean.length > 0
    ? failed(
        `unclean.leader.election.enable is on: ${unclean.join(', ')}`,
        'Turn it off: a replica that lags behind could become leader and drop committed records.',
      )
    : ok(`min.insync.replicas ${IN_SYNC_WANTED} or more, no unclean elections`);
}

/** How long there is to recover before unread requests or dead letters are deleted. */
export function retention(configs: TopicConfigs, { kafka }: Config): Result {
  const of = (name: string): number => retentionMs(configs.get(name));
  const short = kafka.topic.filter((name) => of(name) < RETENTION_MS_WANTED);
  if (short.length > 0) {
    return failed(
      `requests are deleted unread within ${hours(Math.min(...short.map(of)))}: ${short.join(', ')}`,
      `Set retention.ms to ${RETENTION_MS_WANTED} or more ("kubesentiment topics set"), to have time to notice an ` +
        'outage and catch up.',
    );
  }
  const waiting = listRetryTopics(kafka.topic, kafka.retry_topics ?? []).find(
    ({ name, delayMs }) => of(name) < delayMs + RETENTION_MS_WANTED,
  );
  if (waiting !== undefined) {
    return failed(
      `messages in ${waiting.name} wait for ${waiting.delay} and are deleted after ${hours(of(waiting.name))}`,
      `Set its retention.ms to ${waiting.delayMs + RETENTION_MS_WANTED} or more.`,
    );
  }
  const requests = Math.max(...kafka.topic.map(of));
  if (kafka.dlq_enabled && of(kafka.dlq_topic) < requests) {
    return warn(
      `dead letters are kept for ${hours(of(kafka.dlq_topic))}, requests for ${hours(requests)}`,
      `Set retention.ms of ${kafka.dlq_topic} to at least that of the requests; what is not replayed in time is lost.`,
    );
  }
  return ok(`requests ${hours(Math.min(...kafka.topic.map(of)))}, dead letters at least as long`);
}

/** Compaction keeps only the last record of each key. */
export function cleanup(configs: TopicConfigs): Result {
  const compacted = namesWhere(configs, (of) => (of.get('cleanup.policy') ?? '').includes('compact'));
  return compacted.length === 0
    ? ok('no topic is compacted')
    : failed(
        `compacted: ${compacted.join(', ')}`,
        'Set cleanup.policy to delete: compaction removes unread requests and rejects records without a key.',
      );
}

/** A dead letter is the request plus some headers, a result may be: each must fit into its topic. */
export function sizes(configs: TopicConfigs, config: Config): Result {
  const { kafka, result } = config;
  const limit = (name: string): number => Number(configs.get(name)?.get('max.message.bytes') ?? 0);
  const largest = Math.max(...kafka.topic.map(limit));
  const takers = [
    ...retryTopicsOf(config),
    ...(kafka.dlq_enabled ? [kafka.dlq_topic] : []),
    ...(result.shape === 'request' ? resultsTopicsOf(config) : []),
  ];
  const small = takers.filter((name) => limit(name) < largest + MORE_BYTES);
  if (small.length === 0) return ok(`requests allow ${largest} bytes (max.message.bytes)`);
  const found = small.map((name) => `${name} (${limit(name)})`).join(', ');
  return warn(
    `max.message.bytes of ${found} is not above the requests' (${largest})`,
    `Set it to ${largest + MORE_BYTES} or more ("kubesentiment topics set"); until then, the largest requests ` +
      'become dead letters, and the largest dead letters lose their value.',
  );
}

/** Broker settings: offsets must outlive an idle group, and our transactions must be allowed. */
export function brokerSettings(config: ResourceConfig): Result {
  const minutes = Number(config.get('offsets.retention.minutes') ?? Number.NaN);
  if (minutes * 60_000 < RETENTION_MS_WANTED) {
    return failed(
      `offsets.retention.minutes is ${minutes}: a group that is idle for longer loses its position`,
      "Set it to Kafka's default, 10080 (a week), or more.",
    );
  }
  const auto = config.get('auto.create.topics.enable') === 'true';
  return auto
    ? warn(
        'auto.create.topics.enable is on: a misspelled topic name creates a new topic',
        'Turn it off and create topics with "kubesentiment topics create".',
      )
    : ok(`offsets are kept for ${hours(minutes * 60_000)}; topics are not created automatically`);
}

function retentionMs(config: ResourceConfig | undefined): number {
  const value = Number(config?.get('retention.ms') ?? Number.NaN);
  return value < 0 ? Number.POSITIVE_INFINITY : value;
}

function hours(ms: number): string {
  return Number.isFinite(ms) ? `${Math.round(ms / HOUR_MS)} h` : 'ever';
}

function namesWhere(configs: TopicConfigs, test: (config: ResourceConfig) => boolean): string[] {
  return [...configs].filter(([, config]) => test(config)).map(([name]) => name);
}
