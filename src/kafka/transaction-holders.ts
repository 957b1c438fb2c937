import { randomUUID } from 'node:crypto';
import type { TopicPartition } from '../types.ts';
import { type Ask, askBrokers } from './ask-broker.ts';
import type { BrokerAccess } from './broker-connection.ts';
import { throwIfRefused } from './broker-refusal.ts';
import { compactList, compactText, int32, int64, noTags, Reader, type RequestKind } from './wire.ts';

const describeProducers: RequestKind = { key: 61, version: 0, isCompact: true };
const listTransactions: RequestKind = { key: 66, version: 0, isCompact: true };
const describeTransactions: RequestKind = { key: 65, version: 0, isCompact: true };

/** What is known of the producer whose transaction is the oldest open one of a partition. */
export interface TransactionHolder {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly coordinatorEpoch: number;
  /** Where its transaction begins in the partition. */
  readonly startOffset: number;
  /** Undefined where the user may not see it, or no coordinator knows it any more. */
  readonly transactionalId: string | undefined;
  /** What the coordinator says of the transaction: `Ongoing`, `PrepareCommit` …; undefined with the id. */
  readonly state: string | undefined;
  /** Whether each broker has said which transactions it coordinates and, without an id, whether all may be seen. */
  readonly isComplete: boolean;
  /** Without an id: whether the user may not see all of them, so that it says nothing that there is none. */
  readonly isHidden: boolean;
}

const NOT_ALLOWED = 53;

/**
 * Who has held the partition open for longest. Each broker knows the producers of the partitions that it leads, and the
 * transactions that it coordinates, so all are asked. Undefined when they do not tell: no right to read the topic, a
 * login that only librdkafka supports, or a broker before Kafka 2.8 or 3.0.
 */
export async function transactionHolder(
  brokers: readonly BrokerAccess[],
  partition: TopicPartition,
): Promise<TransactionHolder | undefined> {
  const producers = (await askBrokers(brokers, (ask) => openProducers(ask, partition))).flat();
  const [first] = producers.sort((a, b) => a.startOffset - b.startOffset);
  if (first === undefined) return undefined;
  const { producerId } = first;
  const answers = await askBrokers(brokers, (ask) => transactionsOf(ask, producerId));
  const [coordinated] = answers.flat();
  const isHidden = coordinated === undefined ? await areIdsHidden(brokers) : false;
  const isComplete = answers.length === brokers.length && isHidden !== undefined;
  const { id: transactionalId, state } = coordinated ?? {};
  return { ...first, transactionalId, state, isComplete, isHidden: isHidden === true };
}

/**
 * A broker leaves the ids out that the user may not describe, and says nothing of that. Asked for one that nobody has,
 * it says first whether the user may know. Undefined if none answers.
 */
async function areIdsHidden(brokers: readonly BrokerAccess[]): Promise<boolean | undefined> {
  const answers = (await askBrokers(brokers, (ask) => describe(ask, randomUUID()))).flat();
  return answers.length === 0 ? undefined : answers.some(({ code }) => code === NOT_ALLOWED);
}

/** When its transaction began, by the clock of its coordinator, ms since 1970; undefined if nobody tells. */
export async function transactionStart(
  brokers: readonly BrokerAccess[],
  transactionalId: string,
): Promise<number | undefined> {
  const found = (await askBrokers(brokers, (ask) => describe(ask, transactionalId))).flat();
  return found.find(({ code, startedAtMs }) => code === 0 && startedAtMs >= 0)?.startedAtMs;
}

async function openProducers(ask: Ask, { topic, partition }: TopicPartition) {
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
        const [producerId, producerEpoch] = [reader.int64(), reader.int32()];
        reader.skip(4 + 8); // last sequence, last timestamp
        const [coordinatorEpoch, startOffset] = [reader.int32(), reader.int64()];
        return { producerId, producerEpoch, coordinatorEpoch, startOffset };
      });
    });
  });
  return found.flat(2).filter(({ startOffset }) => startOffset >= 0);
}

async function transactionsOf(ask: Ask, producerId: number): Promise<{ id: string; state: string }[]> {
  const body = Buffer.concat([compactList([]), compactList([int64(producerId)]), noTags]);
  const reader = new Reader(await ask(listTransactions, body));
  reader.skipTags();
  reader.int32(); // throttle time
  throwIfRefused(reader.int16(), 'Listing transactions'); // it is loading them
  reader.compactTexts(); // states that the broker does not know: none were named
  return reader.compactList(() => {
    const id = reader.compactText() ?? '';
    reader.int64();
    return { id, state: reader.compactText() ?? '' };
  });
}

/** `code` 0: the broker coordinates it. */
async function describe(
  ask: Ask,
  transactionalId: string,
): Promise<{ readonly code: number; readonly startedAtMs: number }[]> {
  const body = Buffer.concat([compactList([compactText(transactionalId)]), noTags]);
  const reader = new Reader(await ask(describeTransactions, body));
  reader.skipTags();
  reader.int32(); // throttle time
  return reader.compactList(() => {
    const code = reader.int16();
    reader.compactText(); // id
    reader.compactText(); // state
    reader.int32(); // time-out
    const startedAtMs = reader.int64();
    reader.skip(8 + 2); // producer
    reader.compactList(() => {
      reader.compactText(); // topic
      reader.compactInt32s(); // partitions
    });
    return { code, startedAtMs };
  });
}
