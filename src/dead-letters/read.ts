import type { Config } from '../config/schema.ts';
import { KubesentimentError } from '../errors.ts';
import { TopicReader } from '../kafka/topic-reader.ts';
import type { SourceMessage } from '../types.ts';
import { clusterProperties } from '../cluster/access.ts';
import { type DeadLetter, readDeadLetter } from '../dead-letter.ts';
import { checkFilter, type DlqFilter, matches } from './filter.ts';

export interface DlqRecord {
  readonly letter: DeadLetter;
  readonly message: SourceMessage;
}

/** How far a topic is read. */
export interface Scan {
  /** The first offset of a partition; default: 0. */
  readonly startOf?: (partition: number) => number;
  /** The most records to look at; `isCut` is set when there may be others. */
  readonly scannedMax?: number;
  isCut?: boolean;
}

const POLL_MAX = 500;
/** Nothing for this long although the end has not been seen: the broker has gone, or a transaction hangs. */
const SILENCE_MAX_MS = 30_000;

/**
 * The dead letters that the filter means, up to the end that the topic has now: those written meanwhile are not
 * waited for. In order within each partition.
 */
export async function* readDeadLetters(
  config: Config,
  filter: DlqFilter,
  scan: Scan = {},
): AsyncGenerator<DlqRecord> {
  checkFilter(filter);
  const topic = config.kafka.dlq_topic;
  const reader = new TopicReader({
    topic,
    properties: clusterProperties(config),
    ...(filter.partitions && { partitions: filter.partitions }),
  });
  try {
    await reader.open(scan.startOf);
    let heardAt = performance.now();
    let scanned = 0;
    while (!reader.atEnd) {
      scan.isCut = scanned >= (scan.scannedMax ?? Number.POSITIVE_INFINITY);
      if (scan.isCut) return;
      const messages = await reader.poll(POLL_MAX);
      if (messages.length > 0) heardAt = performance.now();
      else if (performance.now() - heardAt > SILENCE_MAX_MS && !reader.atEnd) throw silent(topic);
      scanned += messages.length;
      for (const message of messages) {
        const letter = readDeadLetter(message);
        if (matches(filter, letter)) yield { letter, message };
      }
    }
  } finally {
    await reader.close();
  }
}

/** The first `limit` of them; `more`: there may be others. */
export async function listDeadLetters(
  config: Config,
  filter: DlqFilter,
  { limit, scannedMax = Number.POSITIVE_INFINITY }: { readonly limit: number; readonly scannedMax?: number },
): Promise<{ letters: DeadLetter[]; more: boolean }> {
  const scan: Scan = { scannedMax };
  const letters: DeadLetter[] = [];
  let isFull = false;
  for await (const { letter } of readDeadLetters(config, filter, scan)) {
    isFull = letters.length === limit;
    if (isFull) break;
    letters.push(letter);
  }
  letters.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
  return { letters, more: isFull || scan.isCut === true };
}

/** The one record at an offset; undefined when it is not there (any more). */
export async function findDeadLetter(
  config: Config,
  partition: number,
  offset: number,
): Promise<DlqRecord | undefined> {
  for await (const record of readDeadLetters(
    config,
    { partitions: [partition] },
    { startOf: () => offset },
  )) {
    return record.letter.offset === offset ? record : undefined;
  }
  return undefined;
}

function silent(topic: string): KubesentimentError {
  return new KubesentimentError('KS_BROKER_UNREACHABLE', `Nothing came from "${topic}" for 30 s.`, {
    remedy: 'Check that the brokers run and that the user may read the topic.',
  });
}
