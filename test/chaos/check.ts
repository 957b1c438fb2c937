import { type DeliveryReport, DeliveryTally } from '../../src/verify/tally.ts';
import type { TopicPartitionOffset } from '../../src/types.ts';
import { partitionsOf, readTransactions } from './log-segments.ts';
import { readToEnd } from './reader.ts';
import type { Message } from 'node-rdkafka';

export interface Topics {
  readonly requests: string;
  readonly results: string;
  readonly deadLetters: string;
}

export interface Verdict extends DeliveryReport {
  /** Records of aborted transactions, which stay in the log and which no one may see. */
  readonly abortedRecords: number;
  /** Those of them that a `read_committed` reader got all the same. */
  readonly abortedButVisible: number;
  /** Records in the log as a `read_uncommitted` reader sees it. */
  readonly uncommittedRecords: number;
  /** Records of transactions that nobody has ended. */
  readonly openRecords: number;
  readonly transactions: { readonly committed: number; readonly aborted: number };
}

/** Reads all topics to the end and compares. `logDir`: where a broker with all partitions keeps them. */
export async function checkTopics(
  bootstrapServers: string,
  topics: Topics,
  logDir: string,
): Promise<Verdict> {
  const tally = new DeliveryTally();
  const { requests, results, deadLetters } = topics;
  await readToEnd(bootstrapServers, requests, 'read_committed', ({ partition, offset }) =>
    tally.addRequest({ topic: requests, partition, offset }),
  );
  let abortedRecords = 0;
  let abortedButVisible = 0;
  let uncommittedRecords = 0;
  let openRecords = 0;
  for (const [kind, topic] of [
    ['result', results],
    ['deadLetter', deadLetters],
  ] as const) {
    const transactions = new Map(
      partitionsOf(logDir, topic).map((partition) => [partition, readTransactions(logDir, topic, partition)]),
    );
    for (const { aborted, open } of transactions.values()) {
      abortedRecords += aborted.size;
      openRecords += open.size;
    }
    await readToEnd(bootstrapServers, topic, 'read_committed', (record) => {
      if (transactions.get(record.partition)?.aborted.has(record.offset)) abortedButVisible++;
      tally.addRecord(kind, requestOf(kind, record), record.partition);
    });
    await readToEnd(bootstrapServers, topic, 'read_uncommitted', () => {
      uncommittedRecords++;
    });
  }
  const verdict = { abortedRecords, abortedButVisible, uncommittedRecords, openRecords };
  return { ...tally.report(), ...verdict, transactions: countTransactions(logDir) };
}

/** Whether any transaction that wrote to these topics, or sent offsets, has not ended. */
export function hasOpenTransactions(logDir: string, { results, deadLetters }: Topics): boolean {
  return [results, deadLetters, '__consumer_offsets'].some((topic) =>
    partitionsOf(logDir, topic).some((partition) => readTransactions(logDir, topic, partition).open.size > 0),
  );
}

/** Each transaction leaves one marker in the one partition that holds the offsets of the group. */
function countTransactions(logDir: string): { committed: number; aborted: number } {
  const counts = { committed: 0, aborted: 0 };
  for (const partition of partitionsOf(logDir, '__consumer_offsets')) {
    const { committedCount, abortedCount } = readTransactions(logDir, '__consumer_offsets', partition);
    counts.committed += committedCount;
    counts.aborted += abortedCount;
  }
  return counts;
}

/** The request that a result or a dead letter names as its source. */
export function requestOf(kind: 'result' | 'deadLetter', record: Message): TopicPartitionOffset {
  if (kind === 'result') return (JSON.parse(String(record.value)) as { source: TopicPartitionOffset }).source;
  const header = (name: string): string => {
    const found = record.headers?.find((entry) => `kafka_dlt-original-${name}` in entry);
    return String(found?.[`kafka_dlt-original-${name}`]);
  };
  return { topic: header('topic'), partition: Number(header('partition')), offset: Number(header('offset')) };
}
