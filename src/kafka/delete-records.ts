import type { TopicPartitionOffset } from '../types.ts';
import { askBroker } from './ask-broker.ts';
import type { BrokerAccess } from './broker-connection.ts';
import { throwIfRefused } from './broker-refusal.ts';
import { int32, int64, Reader, type RequestKind, text } from './wire.ts';

const deleteRecords: RequestKind = { key: 21, version: 1, isCompact: false };
/** Less than the connection waits for an answer. */
const TIMEOUT_MS = 4_000;

/**
 * Deletes everything before an offset, for partitions of one topic that this broker leads. KS_NOT_AUTHORIZED,
 * KS_BROKER_UNREACHABLE, KS_KAFKA_RETRIABLE when another broker leads them.
 */
export async function deleteRecordsBefore(
  leader: BrokerAccess,
  topic: string,
  places: readonly TopicPartitionOffset[],
): Promise<void> {
  const partitions = places.flatMap(({ partition, offset }) => [int32(partition), int64(offset)]);
  const body = Buffer.concat([
    ...[int32(1), text(topic), int32(places.length), ...partitions],
    int32(TIMEOUT_MS),
  ]);
  const reader = new Reader(await askBroker(leader, (ask) => ask(deleteRecords, body)));
  reader.int32(); // throttle time
  for (let topics = reader.int32(); topics > 0; topics--) {
    reader.text();
    for (let count = reader.int32(); count > 0; count--) {
      const partition = reader.int32();
      reader.int64(); // the oldest offset that is left
      throwIfRefused(reader.int16(), `Deleting from ${topic}/${partition}`);
    }
  }
}
