import { setTimeout as sleep } from 'node:timers/promises';
import { wasPutOff } from '../../src/put-off.ts';
import { type DeliveryReport, DeliveryTally } from '../../src/verify/tally.ts';
import { DEFAULT_ORIGIN, type OriginReader, originReader } from '../../src/verify/origin.ts';
import { partitionsOf, readTransactions } from './log-segments.ts';
import { type ModelAnswers, producerOf } from './model-answers.ts';
import { readToEnd } from './reader.ts';

/** The Java producer's transactions time out after a minute by default. */
const OPEN_MS_MAX = 90_000;

export interface Topics {
  readonly requests: string;
  readonly results: string;
  /** Of a label that has a topic of its own. */
  readonly alerts?: string;
  /** Another program may have none. */
  readonly deadLetters?: string;
  /** Where messages wait that have failed. */
  readonly retries?: readonly string[];
}

export const ALERTS = 'alerts';

export const allTopics = { requests: 'requests', results: 'results', deadLetters: 'dead-letters' };

/** Where records name their request. */
export interface Origins {
  readonly result: OriginReader;
  readonly deadLetter: OriginReader;
}

/** Where our dead letters name their request. */
export const DEAD_LETTER_ORIGIN = (['topic', 'partition', 'offset'] as const)
  .map((field) => `${field}=header:kafka_dlt-original-${field}`)
  .join(',');

/** How our own records name their request. */
export const ownOrigins: Origins = {
  result: originReader(DEFAULT_ORIGIN, undefined),
  deadLetter: originReader(DEAD_LETTER_ORIGIN, undefined),
};

export interface Verdict extends DeliveryReport {
  /** Records that do not name a request. */
  readonly withoutOrigin: number;
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

/**
 * Reads all topics to the end and compares. `logDir`: where a broker with all partitions keeps them. `answers`: looks
 * at what the results say, too.
 */
export async function checkTopics(
  bootstrapServers: string,
  topics: Topics,
  logDir: string,
  origins = ownOrigins,
  answers?: ModelAnswers,
): Promise<Verdict> {
  const tally = new DeliveryTally();
  const { requests, results, alerts, deadLetters } = topics;
  await readToEnd(bootstrapServers, requests, 'read_committed', (record) => {
    tally.addRequest({ topic: requests, partition: record.partition, offset: record.offset });
    answers?.addRequest(record);
  });
  let abortedRecords = 0;
  let abortedButVisible = 0;
  let uncommittedRecords = 0;
  let openRecords = 0;
  let withoutOrigin = 0;
  for (const [kind, topic] of [
    ['result', results],
    ['result', alerts],
    ['deadLetter', deadLetters],
  ] as const) {
    if (topic === undefined) continue;
    const transactions = new Map(
      partitionsOf(logDir, topic).map((partition) => [partition, readTransactions(logDir, topic, partition)]),
    );
    for (const { aborted, open } of transactions.values()) {
      abortedRecords += aborted.size;
      openRecords += open.size;
    }
    const writerOf = producerOf(logDir, topic);
    await readToEnd(bootstrapServers, topic, 'read_committed', (record) => {
      if (kind === 'result') answers?.addResult(record, writerOf(record));
      if (transactions.get(record.partition)?.aborted.has(record.offset)) abortedButVisible++;
      const origin = origins[kind](record);
      if (origin === undefined) withoutOrigin++;
      else tally.addRecord(kind, origin, `${topic}/${record.partition}`, undefined, wasPutOff(record));
    });
    await readToEnd(bootstrapServers, topic, 'read_uncommitted', () => {
      uncommittedRecords++;
    });
  }
  const verdict = { withoutOrigin, abortedRecords, abortedButVisible, uncommittedRecords, openRecords };
  return { ...tally.report(), ...verdict, transactions: countTransactions(logDir) };
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

/** The topics that the members write to. */
export function outputsOf({ results, alerts, deadLetters, retries = [] }: Topics): string[] {
  return [results, alerts, deadLetters, ...retries].filter((topic) => topic !== undefined);
}

/** Resolves when the transactions of killed members have timed out, or after `OPEN_MS_MAX`: open for ever. */
export async function untilTransactionsEnd(topics: Topics, logDir: string): Promise<void> {
  const deadline = performance.now() + OPEN_MS_MAX;
  const hasOpen = (topic: string): boolean =>
    partitionsOf(logDir, topic).some((partition) => readTransactions(logDir, topic, partition).open.size > 0);
  const places = [...outputsOf(topics), '__consumer_offsets'];
  while (performance.now() < deadline && places.some(hasOpen)) await sleep(1_000);
}
