import { readTopic } from '../cluster/read-topic.ts';
import type { Config } from '../config/schema.ts';
import { openRetryTopics } from '../retry-topics.ts';
import type { History } from './history.ts';
import type { DeliveryTally } from './tally.ts';

/**
 * Finds the requests that wait in retry topics. Call it after results and dead letters have been read, with offsets
 * from before that: what has left a retry topic meanwhile is then found there still.
 */
export async function readWaiting(config: Config, tally: DeliveryTally, history: History): Promise<void> {
  const retries = openRetryTopics(config.kafka);
  for (const topic of retries?.names ?? []) {
    await readTopic(config, topic, (record) => {
      const isLeft = record.offset < history.committedOffset(record);
      if (isLeft || retries?.isOurs(record) !== true) return;
      tally.addPutOff(retries.asRequest(record));
    });
  }
}
