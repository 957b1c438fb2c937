import type { TopicPartition, TopicPartitionOffset } from '../types.ts';

/** What became of the requests. */
export interface DeliveryReport {
  readonly requests: number;
  readonly results: number;
  readonly deadLetters: number;
  /** Neither a result nor a dead letter, although the offset is committed. */
  readonly lost: Finding;
  /** More than one result, or more than one dead letter. */
  readonly duplicated: Finding;
  /** Both a result and a dead letter. */
  readonly both: Finding;
  /** Records written after that of a later request of the same source partition. */
  readonly outOfOrder: Finding;
  /** Records that name a request which does not exist, although its neighbours do. */
  readonly unknown: Finding;
  /** Requests without a record whose offset is not committed either: they are still being processed. */
  readonly pending: number;
  /** Requests without a record that wait in a retry topic. */
  readonly putOff: number;
  /** Those of the pending ones that are older than what the group has done since: lost, or stuck. */
  readonly stuck: Finding;
  /** Records that were written before their request, which may be one of an earlier topic with the same name. */
  readonly tooOld: Finding;
  /** Requests that only another group has answered, although this one has committed their offset. */
  readonly onlyOfOthers: Finding;
  /** Requests without a record, from a time whose records may have been deleted. */
  readonly forgotten: number;
  /** Records of requests outside the range that was read, or of another topic. */
  readonly outside: number;
}

export interface Finding {
  readonly count: number;
  /** The first few requests, as `topic/partition/offset`. */
  readonly examples: readonly string[];
}

export type RecordKind = 'result' | 'deadLetter';

const EXAMPLES_MAX = 10;
/** How far the clocks of producers may be apart, and how long a request may take while others are answered. */
const TOLERANCE_MS = 60_000;
/** Times of requests are kept for so many offsets together: the earliest one. */
const BLOCK_OFFSETS = 256;
// One byte per offset. Bits 0–1 count results and 2–3 dead letters, up to 3 each; bit 4: another group has answered it;
// bit 5: only a record from before it names it, so far; bit 6: the request exists; bit 7: its records may have been
// deleted.
const COUNT_MAX = 3;
const DEAD_LETTERS_AT = 2;
const OF_OTHERS = 1 << 4;
const TOO_OLD = 1 << 5;
const REQUEST = 1 << 6;
const MAY_BE_FORGOTTEN = 1 << 7;

/**
 * Compares requests with the records they led to. Add the requests first, in offset order within each partition, then
 * results and dead letters likewise. Needs one byte per offset.
 */
export class DeliveryTally {
  readonly #partitions = new Map<string, Partition>();
  readonly #lastOffset = new Map<string, number>();
  readonly #outOfOrder = new Findings();
  readonly #unknown = new Findings();
  readonly #tooOld = new Findings();
  /** Offsets of requests that wait, by partition. */
  readonly #putOff = new Map<string, Set<number>>();
  readonly #startedMs: number;
  /** When the group last wrote a record, as far as is known. */
  #lastRecordMs = Number.NEGATIVE_INFINITY;
  readonly #counts = { result: 0, deadLetter: 0 };
  #requests = 0;
  #outside = 0;

  /** `startedMs`: when reading began, milliseconds since 1970. Default: now. */
  constructor(startedMs: number = Date.now()) {
    this.#startedMs = startedMs;
  }

  /** `atMs`: when it was written, milliseconds since 1970; undefined if that is not known. */
  addRequest(request: TopicPartitionOffset, mayBeForgotten = false, atMs?: number): void {
    const key = keyOf(request);
    let partition = this.#partitions.get(key);
    if (partition === undefined) {
      partition = new Partition(request, request.offset);
      this.#partitions.set(key, partition);
    }
    partition.add(request.offset, mayBeForgotten ? REQUEST | MAY_BE_FORGOTTEN : REQUEST);
    partition.times.add(request.offset, atMs);
    this.#requests++;
  }

  /**
   * @param request the request that the record names as its source
   * @param writtenTo names the partition that the record was written to
   * @param atMs when, milliseconds since 1970; undefined if that is not known
   * @param wasPutOff the order has been given up for it
   */
  addRecord(
    kind: RecordKind,
    request: TopicPartitionOffset,
    writtenTo: number | string,
    atMs?: number,
    wasPutOff = false,
  ): void {
    this.#counts[kind]++;
    const key = keyOf(request);
    const partition = this.#partitions.get(key);
    if (partition === undefined || !partition.covers(request.offset)) {
      this.#outside++;
      return;
    }
    const state = partition.at(request.offset);
    if ((state & REQUEST) === 0) {
      this.#unknown.add(key, request.offset);
      return;
    }
    if (atMs !== undefined && atMs < partition.times.earliestAt(request.offset) - TOLERANCE_MS) {
      this.#tooOld.add(key, request.offset);
      if ((state & TOO_OLD) === 0) partition.add(request.offset, TOO_OLD);
      return;
    }
    if (atMs !== undefined) this.#noteProgress(partition, request.offset, atMs);
    const shift = kind === 'result' ? 0 : DEAD_LETTERS_AT;
    if (((state >> shift) & COUNT_MAX) < COUNT_MAX) partition.add(request.offset, 1 << shift);
    if (wasPutOff) return;
    const way = `${kind} ${key} ${writtenTo}`;
    const last = this.#lastOffset.get(way) ?? -1;
    if (request.offset < last) this.#outOfOrder.add(key, request.offset);
    else this.#lastOffset.set(way, request.offset);
  }

  /** A record of another group. */
  addOfOthers(request: TopicPartitionOffset): void {
    const partition = this.#partitions.get(keyOf(request));
    if (partition === undefined || !partition.covers(request.offset)) return;
    if ((partition.at(request.offset) & OF_OTHERS) === 0) partition.add(request.offset, OF_OTHERS);
  }

  /** The request waits in a retry topic. */
  addPutOff(request: TopicPartitionOffset): void {
    const key = keyOf(request);
    const offsets = this.#putOff.get(key) ?? new Set();
    this.#putOff.set(key, offsets.add(request.offset));
  }

  #noteProgress(partition: Partition, offset: number, atMs: number): void {
    this.#lastRecordMs = Math.max(this.#lastRecordMs, atMs);
    partition.lastRecordMs = Math.max(partition.lastRecordMs, atMs);
    // Partitions are read one after the other: of two records that were written just now, only the later may be seen.
    if (atMs < this.#startedMs - TOLERANCE_MS)
      partition.lastAnswered = Math.max(partition.lastAnswered, offset);
  }

  /**
   * Whether an unfinished request should have been finished: a later one of its partition is, or the group has written
   * records since, and none for this partition.
   */
  #isStuck(partition: Partition, offset: number): boolean {
    if (offset < partition.lastAnswered) return true;
    const sinceMs = Math.max(partition.times.earliestAt(offset), partition.lastRecordMs);
    return Number.isFinite(sinceMs) && sinceMs + TOLERANCE_MS < this.#lastRecordMs;
  }

  /** `committedOf`: the next offset that the group will read; default: everything has been read. */
  report(
    committedOf: (partition: TopicPartition) => number = () => Number.POSITIVE_INFINITY,
  ): DeliveryReport {
    const lost = new Findings();
    const duplicated = new Findings();
    const both = new Findings();
    const stuck = new Findings();
    const onlyOfOthers = new Findings();
    let pending = 0;
    let putOff = 0;
    let forgotten = 0;
    for (const [key, partition] of this.#partitions) {
      const committed = committedOf(partition.name);
      partition.forEach((offset, state) => {
        if ((state & REQUEST) === 0) return;
        const results = state & COUNT_MAX;
        const deadLetters = (state >> DEAD_LETTERS_AT) & COUNT_MAX;
        if (results > 1 || deadLetters > 1) duplicated.add(key, offset);
        if (results > 0 && deadLetters > 0) both.add(key, offset);
        if (results > 0 || deadLetters > 0) return;
        if (offset >= committed) {
          pending++;
          if (this.#isStuck(partition, offset)) stuck.add(key, offset);
        } else if (this.#putOff.get(key)?.has(offset)) putOff++;
        else if ((state & OF_OTHERS) !== 0) onlyOfOthers.add(key, offset);
        else if ((state & TOO_OLD) !== 0)
          return; // it is in that finding
        else if ((state & MAY_BE_FORGOTTEN) !== 0) forgotten++;
        else lost.add(key, offset);
      });
    }
    return {
      requests: this.#requests,
      results: this.#counts.result,
      deadLetters: this.#counts.deadLetter,
      lost: lost.summary,
      duplicated: duplicated.summary,
      both: both.summary,
      outOfOrder: this.#outOfOrder.summary,
      unknown: this.#unknown.summary,
      stuck: stuck.summary,
      tooOld: this.#tooOld.summary,
      onlyOfOthers: onlyOfOthers.summary,
      pending,
      putOff,
      forgotten,
      outside: this.#outside,
    };
  }
}

/** One byte per offset of a partition, starting at `first`. */
class Partition {
  readonly name: TopicPartition;
  readonly times: RequestTimes;
  /** The last request with a record that was written long before reading began. */
  lastAnswered = -1;
  lastRecordMs = Number.NEGATIVE_INFINITY;
  readonly #first: number;
  #states = new Uint8Array(1024);
  #end = 0;

  constructor(name: TopicPartition, first: number) {
    this.name = name;
    this.#first = first;
    this.times = new RequestTimes(first);
  }

  covers(offset: number): boolean {
    return offset >= this.#first && offset < this.#first + this.#end;
  }

  at(offset: number): number {
    return this.#states[offset - this.#first] as number;
  }

  add(offset: number, value: number): void {
    const index = offset - this.#first;
    if (index >= this.#states.length) {
      const larger = new Uint8Array(Math.max(index + 1, 2 * this.#states.length));
      larger.set(this.#states);
      this.#states = larger;
    }
    this.#states[index] = (this.#states[index] as number) + value;
    this.#end = Math.max(this.#end, index + 1);
  }

  forEach(visit: (offset: number, state: number) => void): void {
    for (let i = 0; i < this.#end; i++) visit(this.#first + i, this.#states[i] as number);
  }
}

/** When requests were written, coarsely: a number for each would take eight times as much memory as the rest. */
class RequestTimes {
  readonly #first: number;
  /** By block of offsets; a hole where no time is known. */
  readonly #earliest: number[] = [];

  constructor(first: number) {
    this.#first = first;
  }

  add(offset: number, atMs: number | undefined): void {
    const block = this.#blockOf(offset);
    if (atMs !== undefined) this.#earliest[block] = Math.min(this.#earliest[block] ?? atMs, atMs);
  }

  /** No request of the block is known to be earlier; minus infinity if nothing is known. */
  earliestAt(offset: number): number {
    return this.#earliest[this.#blockOf(offset)] ?? Number.NEGATIVE_INFINITY;
  }

  #blockOf(offset: number): number {
    return Math.floor((offset - this.#first) / BLOCK_OFFSETS);
  }
}

class Findings {
  #count = 0;
  readonly #examples: string[] = [];

  add(partition: string, offset: number): void {
    if (this.#count++ < EXAMPLES_MAX) this.#examples.push(`${partition}/${offset}`);
  }

  get summary(): Finding {
    return { count: this.#count, examples: [...this.#examples] };
  }
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}
