import { retryTopicsOf } from '../config/topics.ts';
import type { Config } from '../config/schema.ts';
import type { GroupReader, PartitionEnds } from '../kafka/group-reader.ts';
import { DELAY_PATTERN, retryTopicName } from '../retry-topics.ts';
import { ok, type Result, warn } from './doctor-finding.ts';

/** What the check asks the cluster. */
export type RetryReader = Pick<GroupReader, 'metadata' | 'partitionsOf' | 'committed' | 'ends'>;

/** Messages that wait in a topic whose delay has been taken out of the configuration: nobody reads them. */
export async function leftBehind(reader: RetryReader, config: Config): Promise<Result> {
  const configured = retryTopicsOf(config);
  const { topics } = await reader.metadata();
  const left: string[] = [];
  for (const { name } of topics.filter((topic) => !configured.includes(topic.name))) {
    if (!isRetryTopic(name, config)) continue;
    const partitions = await reader.partitionsOf(name);
    const committed = await reader.committed(partitions);
    const ends = await reader.ends(partitions);
    const waiting = committed.reduce<number>((sum, offset, i) => {
      const { low, high } = ends[i] as PartitionEnds;
      return sum + (offset === undefined ? 0 : Math.max(0, high - Math.max(low, offset)));
    }, 0);
    if (waiting > 0) left.push(`${name} (${waiting} offsets)`);
  }
  if (left.length === 0) return ok(configured.length === 0 ? 'none' : configured.join(', '));
  return warn(
    `nobody reads ${left.join(', ')}, where messages of this group may wait`,
    'Put the delay back into kafka.retry_topics until "kubesentiment lag" shows nothing there.',
  );
}

function isRetryTopic(name: string, { kafka }: Config): boolean {
  return kafka.topic.some((requests) => {
    const prefix = retryTopicName(requests, '');
    return name.startsWith(prefix) && DELAY_PATTERN.test(name.slice(prefix.length));
  });
}
