import type { Config } from '../config/schema.ts';
import { retryTopicsOf } from '../config/topics.ts';
import { KubesentimentError } from '../errors.ts';
import { GroupReader } from '../kafka/group-reader.ts';
import { isPattern, matchedTopics } from '../topic-patterns.ts';
import { clusterProperties } from './access.ts';

/** The request topics that are there now, with those that patterns match. KS_TOPIC_MISSING if no topic matches. */
async function requestTopics(
  { kafka }: Config,
  reader: Pick<GroupReader, 'metadata'>,
): Promise<readonly string[]> {
  const patterns = kafka.topic.filter(isPattern);
  if (patterns.length === 0) return kafka.topic;
  const { topics } = await reader.metadata();
  const found = matchedTopics(
    kafka.topic,
    topics.map(({ name }) => name),
  );
  if (found.length > 0) return found;
  throw new KubesentimentError('KS_TOPIC_MISSING', `No topic matches ${patterns.join(' or ')}.`, {
    remedy: 'Create one, correct the pattern, or give the user the right to see the topics.',
  });
}

/** The topics that the group reads: those, and its retry topics. */
export async function groupTopics(
  config: Config,
  reader: Pick<GroupReader, 'metadata'>,
): Promise<readonly string[]> {
  return [...(await requestTopics(config, reader)), ...retryTopicsOf(config)];
}

/** The same configuration, with the names of these topics in the place of patterns. */
export async function withMatchedTopics(
  config: Config,
  reader: Pick<GroupReader, 'metadata'>,
): Promise<Config> {
  return { ...config, kafka: { ...config.kafka, topic: await requestTopics(config, reader) } };
}

/** For those who have no client to ask with. */
export async function lookUpTopics(config: Config): Promise<Config> {
  if (!config.kafka.topic.some(isPattern)) return config;
  const reader = new GroupReader({
    group: config.kafka.consumer_group,
    properties: clusterProperties(config),
  });
  try {
    await reader.connect();
    return await withMatchedTopics(config, reader);
  } finally {
    await reader.close();
  }
}
