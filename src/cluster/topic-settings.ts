import type { Config } from '../config/schema.ts';
import { KubesentimentError } from '../errors.ts';
import { KafkaAdmin } from '../kafka/admin.ts';
import { alterTopic, type TopicSetting } from '../kafka/alter-configs.ts';
import { type ResourceConfig, ResourceType } from '../kafka/config-request.ts';
import { describeConfigs } from '../kafka/describe-configs.ts';
import { clusterProperties } from './access.ts';
import { type Brokers, withBrokers } from './brokers.ts';
import { withMatchedTopics } from './matched-topics.ts';
import { topicsOf } from './topics.ts';

export interface TopicState {
  readonly topic: string;
  readonly partitions: number;
  readonly replicas: number;
  /** Partitions without a leader, and those with replicas that are not in sync. */
  readonly leaderless: readonly number[];
  readonly behind: readonly number[];
  /** Those settings that matter here, by their name. */
  readonly settings: Readonly<Record<string, string | null>>;
}

export interface SettingChange {
  readonly name: string;
  readonly from: string | null;
  /** null: what the cluster has for all topics. */
  readonly to: string | null;
}

/** What a topic of ours can get wrong. */
const shown = ['retention.ms', 'max.message.bytes', 'min.insync.replicas', 'cleanup.policy'] as const;

/** The topics of the configuration that are there. KS_BROKER_UNREACHABLE, KS_NOT_AUTHORIZED. */
export function describeTopics(config: Config): Promise<TopicState[]> {
  return withBrokers(config, async (brokers) => {
    const names = await ourTopics(config, brokers);
    const found = brokers.metadata.topics.filter(
      ({ name, partitions }) => names.includes(name) && partitions.length > 0,
    );
    const resources = found.map(({ name }) => ({ type: ResourceType.topic, name }));
    const settings =
      found.length === 0 ? new Map<string, ResourceConfig>() : await describeConfigs(brokers.any, resources);
    return found.map(({ name, partitions }) => ({
      topic: name,
      partitions: partitions.length,
      replicas: Math.min(...partitions.map(({ replicas }) => replicas.length)),
      leaderless: partitions.filter(({ leader }) => leader < 0).map(({ id }) => id),
      behind: partitions.filter(({ isrs, replicas }) => isrs.length < replicas.length).map(({ id }) => id),
      settings: Object.fromEntries(shown.map((key) => [key, settings.get(name)?.get(key) ?? null])),
    }));
  });
}

/** Sets settings of a topic of ours; with `dryRun` it only has a broker check them. Also KS_USAGE, see `alterTopic`. */
export function setTopic(
  config: Config,
  topic: string,
  settings: readonly TopicSetting[],
  { dryRun }: { readonly dryRun: boolean },
): Promise<SettingChange[]> {
  return withBrokers(config, async (brokers) => {
    checkIsOurs(topic, await ourTopics(config, brokers));
    const read = async (): Promise<ResourceConfig> => {
      const found = await describeConfigs(brokers.any, [{ type: ResourceType.topic, name: topic }]);
      return found.get(topic) ?? new Map();
    };
    const before = await read();
    await alterTopic(brokers.any, topic, settings, { isTrial: dryRun });
    return settings.map(({ name, value }) => ({ name, from: before.get(name) ?? null, to: value }));
  });
}

/** Whether brokers may delete records because of this change that they would have kept. */
export function mayDelete({ name, from, to }: SettingChange): boolean {
  if (name === 'cleanup.policy') return from !== to;
  if (name !== 'retention.ms' && name !== 'retention.bytes') return false;
  return to === null || from === null || keptBy(to) < keptBy(from);
}

/** -1: without end. */
function keptBy(value: string): number {
  return Number(value) < 0 ? Number.POSITIVE_INFINITY : Number(value);
}

/** Adds partitions to a topic of ours until it has `total`. Returns how many it had. KS_USAGE if that is not more. */
export async function growTopic(config: Config, topic: string, total: number): Promise<number> {
  const before = await withBrokers(config, async (brokers) => {
    checkIsOurs(topic, await ourTopics(config, brokers));
    return (await brokers.reader.partitionsOf(topic)).length;
  });
  if (total <= before) {
    throw new KubesentimentError('KS_USAGE', `The topic "${topic}" has ${before} partitions already.`, {
      remedy: 'Kafka can add partitions and never take them away.',
    });
  }
  const admin = new KafkaAdmin(clusterProperties(config));
  try {
    await admin.addPartitions(topic, total);
  } finally {
    admin.close();
  }
  return before;
}

async function ourTopics(config: Config, { reader }: Brokers): Promise<string[]> {
  return topicsOf(await withMatchedTopics(config, reader));
}

function checkIsOurs(topic: string, ours: readonly string[]): void {
  if (ours.includes(topic)) return;
  throw new KubesentimentError('KS_USAGE', `The configuration does not name the topic "${topic}".`, {
    remedy: `It names ${ours.join(', ')}.`,
  });
}
