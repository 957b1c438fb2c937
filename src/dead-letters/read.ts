import type { Config } from '../config/schema.ts';
import { KubesentimentError } from '../errors.ts';
import { TopicReader } from '../kafka/topic-reader.ts';
import type { SourceMessage, TopicPartitionOffset } from '../types.ts';
import { clusterProperties } from '../cluster/access.ts';
import { type DeadLetter, readDeadLetter } from '../dead-letter.ts';
import { checkFilter, type DlqFilter, matches } from './filter.ts';
import { ReplayProgress } from './replay-progress.ts';

export interface DlqRecord {
  readonly letter: DeadLetter;
  readonly message: SourceMessage;
}

export interface ListedLetter extends DeadLetter {
  /** It has been sent back to the topic it came from. */
  readonly isReplayed: boolean;
}

/** How much of a topic is read. */
export interface Scan {
  /** Where to start in a partition. Default: 0. */
  readonly startOf?: (partition: number) => number;
  /** At most this many records are read; `isCut` is set if there may be more. */
  readonly scannedMax?: number;
  isCut?: boolean;
}

const POLL_MAX = 500;
/** No records for this long before the end is reached: the broker is gone, or a transaction hangs. */
const SILENCE_MAX_MS = 30_000;

/**
 * The dead letters that match the filter, in order within each partition, up to the current end of the topic: those
 * written in the meantime are not waited for.
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

/** The first `limit` dead letters. `more`: there may be others. */
export async function listDeadLetters(
  config: Config,
  filter: DlqFilter,
  { limit, scannedMax = Number.POSITIVE_INFINITY }: { readonly limit: number; readonly scannedMax?: number },
): Promise<{ letters: ListedLetter[]; more: boolean }> {
  const scan: Scan = { scannedMax };
  const letters: DeadLetter[] = [];
  let isFull = false;
  for await (const { letter } of readDeadLetters(config, filter, scan)) {
    isFull = letters.length === limit;
    if (isFull) break;
    letters.push(letter);
  }
  letters.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
  return { letters: await withProgress(config, letters), more: isFull || scan.isCut === true };
}

/** Whether an earlier replay has sent them back: the record itself does not change. */
async function withProgress(config: Config, letters: readonly DeadLetter[]): Promise<ListedLetter[]> {
  const progress = new ReplayProgress(config, clusterProperties(config));
  try {
    const listed: ListedLetter[] = [];
    for (const letter of letters) {
      const { reason, partition, offset } = letter;
      const isReplayed = reason !== undefined && (await progress.isDone(reason, partition, offset));
      listed.push({ ...letter, isReplayed });
    }
    return listed;
  } finally {
    await progress.close();
  }
}

/** The same of one letter. */
export async function withReplay(config: Config, letter: DeadLetter): Promise<ListedLetter> {
  return (await withProgress(config, [letter]))[0] as ListedLetter;
}

/** The record at an offset; undefined if it does not exist (any more). */
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

/** The newest dead letter of a request; undefined if it has none (any more). */
export async function findByOrigin(
  config: Config,
  { topic, partition, offset }: TopicPartitionOffset,
): Promise<DlqRecord | undefined> {
  let found: DlqRecord | undefined;
  for await (const record of readDeadLetters(config, {})) {
    const { origin, timestamp } = record.letter;
    const isMeant = origin?.topic === topic && origin.partition === partition && origin.offset === offset;
    if (isMeant && timestamp >= (found?.letter.timestamp ?? timestamp)) found = record;
  }
  return found;
}

function silent(topic: string): KubesentimentError {
  return new KubesentimentError('KS_BROKER_UNREACHABLE', `"${topic}" has sent nothing for 30 s.`, {
    remedy: 'Check that the brokers are running and that the user may read the topic.',
  });
}
