import type { ProducerClient } from '../clients.ts';
import type { Logger } from '../log.ts';
import { isPattern } from '../topic-patterns.ts';

/** A consumer without a partition only costs memory and slows rebalances. */
export function warnOfIdleConsumers(
  consumers: number,
  topics: readonly string[],
  producer: Pick<ProducerClient, 'partitionCount'>,
  logger: Logger,
): void {
  if (topics.some(isPattern)) return; // more can come
  const partitions = topics.reduce((sum, topic) => sum + producer.partitionCount(topic), 0);
  if (consumers > partitions) logger.warn('consumers_idle', { consumers, partitions });
}
