import type { Config } from '../config/schema.ts';
import type { AssignmentsOptions } from '../consume/assignments.ts';
import { KubesentimentError } from '../errors.ts';
import { isEmbedded } from '../kafka/embedded.ts';
import type { Logger } from '../log.ts';
import type { TopicPartitionOffset } from '../types.ts';
import type { SharedParts } from './build-pipeline.ts';

/** What is logged and counted of the partitions that the group gives us. */
export function partitionEvents(
  { config, counters, idWindow, inHand }: SharedParts,
  logger: Logger,
): Pick<AssignmentsOptions, 'onRebalance' | 'onMoved' | 'onUnreadable' | 'onForgotten' | 'onMarked'> {
  return {
    onForgotten: mustRemember(config) ? (lost) => warnOfForgotten(lost, logger) : undefined,
    onRebalance: (kind, partitions, dropped) => {
      counters.rebalances++;
      logger.info(kind === 'assigned' ? 'partitions_assigned' : 'partitions_revoked', {
        partitions,
        dropped,
      });
    },
    onMoved: ({ topic, partition }, { from, to, reason }) => {
      counters.skip({ topic, partition }, reason, Math.max(0, to - from));
      if (reason !== 'trimmed') idWindow?.forget(topic, partition);
      const event = reason === 'trimmed' ? 'offsets_skipped' : 'partition_reset';
      logger.error(event, { topic, partition, from, to, reason });
    },
    onUnreadable: (batch) => logger.error('batch_unreadable', { ...batch }),
    onMarked: (marked) => {
      inHand?.remember(marked);
      const { topic, partition, marks } = marked;
      const offsets = marks.map(({ first, last }) => `${first}-${last}`);
      logger.warn('marked_messages', { topic, partition, offsets });
    },
  };
}

/** With at_least_once the next owner may write the results again, and the embedded broker forgets every transaction. */
function mustRemember({ kafka }: Config): boolean {
  return kafka.delivery === 'exactly_once' && !isEmbedded(kafka.bootstrap_servers);
}

function warnOfForgotten(offsets: readonly TopicPartitionOffset[], logger: Logger): void {
  const list = offsets.map(({ topic, partition, offset }) => `${topic}/${partition} (${offset})`);
  const sentence = `The group had lost offsets of ours, and gets them again: ${list.join(', ')}.`;
  const remedy = 'Nothing is written twice. Brokers with KAFKA-20634 do that; see docs/delivery.md.';
  const error = new KubesentimentError('KS_KAFKA_RETRIABLE', sentence, { remedy });
  logger.warn('kafka_error', { code: error.code }, error);
}
