import type { TopicPartition } from '../types.ts';
import { type BrokerAccess, BrokerConnection } from './broker-connection.ts';
import { compactList, compactText, int32, int64, noTags, Reader, type RequestKind } from './wire.ts';

const describeProducers: RequestKind = { key: 61, version: 0, isCompact: true };
const listTransactions: RequestKind = { key: 66, version: 0, isCompact: true };

/** What is known of the producer whose transaction is the oldest open one of a partition. */
export interface TransactionHolder {
  readonly producerId: number;
  /** Undefined where the user may not see it. */
  readonly transactionalId: string | undefined;
}

/**
 * Who has held the partition open for longest. Each broker knows the producers of the partitions that it leads, and the
 * transactions that it coordinates, so all are asked. Undefined when they do not tell: no right to read the topic, a
 * login that only librdkafka supports, or a broker before Kafka 2.8 or 3.0.
 */
export async function transactionHolder(
  brokers: readonly BrokerAccess[],
  partition: TopicPartition,
): Promise<TransactionHolder | undefined> {
  const producers = (await askEach(brokers, (ask) => openProducers(ask, partition))).flat();
  const [first] = producers.sort((a, b) => a.startOffset - b.startOffset);
  if (first === undefined) return undefined;
  const { producerId } = first;
  const [transactionalId] = (await askEach(brokers, (ask) => idsOf(ask, producerId))).flat();
  return { producerId, transactionalId };
}

type Ask = (kind: RequestKind, body: Buffer) => Promise<Buffer>;

/** Without the answers of brokers that have none. */
async function askEach<T>(
  brokers: readonly BrokerAccess[],
  question: (ask: Ask) => Promise<T>,
): Promise<T[]> {
  const answers = await Promise.allSettled(
    brokers.map(async (access) => {
      const connection = await BrokerConnection.open(access);
      try {
        return await question((kind, body) => connection.ask(kind, body));
      } finally {
        connection.close();
      }
    }),
  );
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
}

async function openProducers(
  ask: Ask,
  { topic, partition }: TopicPartition,
): Promise<{ producerId: number; startOffset: number }[]> {
  const partitions = compactList([int32(partition)]);
  const topics = compactList([Buffer.concat([compactText(topic), partitions, noTags])]);
  const reader = new Reader(await ask(describeProducers, Buffer.concat([topics, noTags])));
  reader.skipTags();
  reader.int32(); // throttle time
  const found = reader.compactList(() => {
    reader.compactText();
    return reader.compactList(() => {
      reader.int32(); // partition
      reader.int16(); // error: not the leader, or no right; there are no producers then
      reader.compactText();
      return reader.compactList(() => {
        const producerId = reader.int64();
        reader.skip(4 + 4 + 8 + 4); // epoch, last sequence, last timestamp, coordinator epoch
        return { producerId, startOffset: reader.int64() };
      });
    });
  });
  return found.flat(2).filter(({ startOffset }) => startOffset >= 0);
}

async function idsOf(ask: Ask, producerId: number): Promise<string[]> {
  const body = Buffer.concat([compactList([]), compactList([int64(producerId)]), noTags]);
  const reader = new Reader(await ask(listTransactions, body));
  reader.skipTags();
  reader.int32(); // throttle time
  reader.int16(); // error: loading; there are no transactions then
  reader.compactTexts(); // states that the broker does not know: none were named
  return reader.compactList(() => {
    const id = reader.compactText() ?? '';
    reader.int64();
    reader.compactText();
    return id;
  });
}
