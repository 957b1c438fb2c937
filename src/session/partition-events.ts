import type { AssignmentsOptions } from '../consume/assignments.ts';
import type { Logger } from '../log.ts';
import type { SharedParts } from './build-pipeline.ts';

/** What is logged and counted of the partitions that the group gives us. */
export function partitionEvents(
  { counters, idWindow, inHand }: SharedParts,
  logger: Logger,
): Pick<AssignmentsOptions, 'onRebalance' | 'onMoved' | 'onUnreadable' | 'onMarked'> {
  return {
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
