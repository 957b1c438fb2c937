/**
 * Reads Kafka's own files: which records were written in transactions that were aborted. The only witness that
 * does not rely on a client. Format: https://kafka.apache.org/documentation/#recordbatch
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface PartitionTransactions {
  /** Offsets of records whose transaction was aborted. */
  readonly aborted: Set<number>;
  /** Offsets of records whose transaction has no end. */
  readonly open: Set<number>;
  /** Markers: one for each transaction that touched this partition. */
  readonly committedCount: number;
  readonly abortedCount: number;
}

const TRANSACTIONAL = 1 << 4;
const CONTROL = 1 << 5;
const BATCH_HEADER_BYTES = 61;

/** Of one partition, from its folder below `log.dirs`. */
export function readTransactions(logDir: string, topic: string, partition: number): PartitionTransactions {
  const aborted = new Set<number>();
  /** Offsets written by each producer since its last marker. */
  const running = new Map<bigint, number[]>();
  let committedCount = 0;
  let abortedCount = 0;
  for (const batch of batchesIn(logDir, topic, partition)) {
    if (!batch.isTransactional) continue;
    const offsets = running.get(batch.producerId) ?? [];
    if (batch.marker === undefined) {
      for (let i = 0; i <= batch.lastOffsetDelta; i++) offsets.push(batch.baseOffset + i);
      running.set(batch.producerId, offsets);
      continue;
    }
    if (batch.marker === 'commit') committedCount++;
    else {
      abortedCount++;
      for (const offset of offsets) aborted.add(offset);
    }
    running.delete(batch.producerId);
  }
  return { aborted, open: new Set([...running.values()].flat()), committedCount, abortedCount };
}

/** Tells which producer has written the record with an offset; -1: none is known. */
export function producersOf(logDir: string, topic: string, partition: number): (offset: number) => bigint {
  const starts: number[] = [];
  const producers: bigint[] = [];
  for (const { baseOffset, producerId } of batchesIn(logDir, topic, partition)) {
    starts.push(baseOffset);
    producers.push(producerId);
  }
  return (offset) => {
    let [from, to] = [0, starts.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((starts[middle] as number) <= offset) from = middle + 1;
      else to = middle;
    }
    return producers[from - 1] ?? -1n;
  };
}

/** The partitions of a topic that are in `log.dirs`. */
export function partitionsOf(logDir: string, topic: string): number[] {
  return readdirSync(logDir)
    .map((name) => /^(.+)-(\d+)$/.exec(name))
    .filter((match) => match?.[1] === topic)
    .map((match) => Number(match?.[2]));
}

export interface Batch {
  readonly baseOffset: number;
  readonly lastOffsetDelta: number;
  readonly leaderEpoch: number;
  readonly isTransactional: boolean;
  /** How a transaction ended; undefined: a batch of records. */
  readonly marker: 'commit' | 'abort' | undefined;
  /** Of its last record, milliseconds since 1970. */
  readonly timestamp: number;
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly baseSequence: number;
}

/** The batches of a partition, in the order of its log. */
export function* batchesIn(logDir: string, topic: string, partition: number): Generator<Batch> {
  const folder = join(logDir, `${topic}-${partition}`);
  const segments = readdirSync(folder).filter((name) => name.endsWith('.log'));
  for (const name of segments.sort()) yield* batchesOf(readFileSync(join(folder, name)));
}

function* batchesOf(segment: Buffer): Generator<Batch> {
  let at = 0;
  while (at + BATCH_HEADER_BYTES <= segment.length) {
    const bytes = 12 + segment.readInt32BE(at + 8);
    if (bytes <= BATCH_HEADER_BYTES || at + bytes > segment.length) return; // preallocated, or being written
    const attributes = segment.readInt16BE(at + 21);
    const isMarker = (attributes & CONTROL) !== 0;
    const isCommit = isMarker && controlType(segment, at + BATCH_HEADER_BYTES) === 1;
    yield {
      baseOffset: Number(segment.readBigInt64BE(at)),
      lastOffsetDelta: segment.readInt32BE(at + 23),
      leaderEpoch: segment.readInt32BE(at + 12),
      isTransactional: (attributes & TRANSACTIONAL) !== 0,
      marker: isMarker ? (isCommit ? 'commit' : 'abort') : undefined,
      timestamp: Number(segment.readBigInt64BE(at + 35)),
      producerId: segment.readBigInt64BE(at + 43),
      producerEpoch: segment.readInt16BE(at + 51),
      baseSequence: segment.readInt32BE(at + 53),
    };
    at += bytes;
  }
}

/** Key of the only record of a control batch: version int16, type int16 (0 abort, 1 commit). */
function controlType(segment: Buffer, record: number): number {
  let at = record;
  const skipVarint = (): void => {
    while (((segment[at++] as number) & 0x80) !== 0);
  };
  skipVarint(); // length
  at++; // attributes
  skipVarint(); // timestamp delta
  skipVarint(); // offset delta
  skipVarint(); // key length
  return segment.readInt16BE(at + 2);
}
