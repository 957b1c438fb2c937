import type { TopicPartitionOffset } from '../types.ts';
import { withDeadline } from './deadline.ts';
import { fromRdkafka } from './errors.ts';

interface RawConsumer {
  seek(place: TopicPartitionOffset, timeoutMs: number, done: (error: unknown) => void): unknown;
}

const TIMEOUT_MS = 5_000;

/** Has an assigned partition read on from this offset; whatever was fetched of it is dropped. KS_KAFKA_RETRIABLE */
export async function seekTo(raw: object, { topic, partition, offset }: TopicPartitionOffset): Promise<void> {
  const doing = `Going to offset ${offset} of ${topic}/${partition}`;
  const call = new Promise<void>((resolve, reject) => {
    (raw as RawConsumer).seek({ topic, partition, offset }, TIMEOUT_MS, (error) =>
      error ? reject(fromRdkafka(error, doing)) : resolve(),
    );
  });
  await withDeadline(call, 2 * TIMEOUT_MS, doing, 'KS_KAFKA_RETRIABLE');
}
