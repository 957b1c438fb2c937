import type { TopicPartition } from '../types.ts';
import { askBroker } from './ask-broker.ts';
import type { BrokerAccess } from './broker-connection.ts';
import { throwIfRefused } from './broker-refusal.ts';
import { TransactionalProducer } from './transactional-producer.ts';
import type { TransactionHolder } from './transaction-holders.ts';
import {
  compactList,
  compactText,
  int16,
  int32,
  int64,
  int8,
  noTags,
  Reader,
  type RequestKind,
} from './wire.ts';

const writeTxnMarkers: RequestKind = { key: 27, version: 1, isCompact: true };
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Has the coordinator end the open transaction of a transactional id, as a successor of its producer would: the records
 * are never seen, and the producer, if there still is one, is fenced. KS_NOT_AUTHORIZED, KS_KAFKA_RETRIABLE while the
 * coordinator is still ending it.
 */
export async function abortByTakingOver(
  properties: Record<string, string | number | boolean>,
  transactionalId: string,
): Promise<void> {
  const successor = new TransactionalProducer({
    properties: { ...properties, 'transactional.id': transactionalId },
    topicProperties: {},
    topics: [],
    onWarning: () => undefined,
    onFatal: () => undefined,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
  });
  try {
    await successor.connect();
  } finally {
    await successor.disconnect();
  }
}

/**
 * Writes the mark of an abort into a partition whose transaction no coordinator knows. `leader`: of the partition.
 * KS_NOT_AUTHORIZED without the right to alter the cluster.
 */
export async function abortByMarker(
  leader: BrokerAccess,
  { topic, partition }: TopicPartition,
  { producerId, producerEpoch, coordinatorEpoch }: TransactionHolder,
): Promise<void> {
  const topics = compactList([Buffer.concat([compactText(topic), compactList([int32(partition)]), noTags])]);
  const marker = Buffer.concat([
    ...[int64(producerId), int16(producerEpoch), int8(0), topics], // 0: not committed
    ...[int32(Math.max(0, coordinatorEpoch)), noTags],
  ]);
  const body = Buffer.concat([compactList([marker]), noTags]);
  const reader = new Reader(await askBroker(leader, (ask) => ask(writeTxnMarkers, body)));
  reader.skipTags();
  const codes = reader.compactList(() => {
    reader.int64();
    return reader.compactList(() => {
      reader.compactText();
      return reader.compactList(() => {
        reader.int32();
        return reader.int16();
      });
    });
  });
  for (const code of codes.flat(2)) throwIfRefused(code, `Ending the transaction in ${topic}/${partition}`);
}
