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
// One byte per offset. Bits 0–2 count results and 3–5 dead letters, up to 7 each; bit 6: the request exists;
// bit 7: its records may have been deleted.
const COUNT_MAX = 7;
const DEAD_LETTERS_AT = 3;
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
  readonly #counts = { result: 0, deadLetter: 0 };
  #requests = 0;
  #outside = 0;

  addRequest(request: TopicPartitionOffset, mayBeForgotten = false): void {
    const key = keyOf(request);
    let partition = this.#partitions.get(key);
    if (partition === undefined) {
      partition = new Partition(request, request.offset);
      this.#partitions.set(key, partition);
    }
    partition.add(request.offset, mayBeForgotten ? REQUEST | MAY_BE_FORGOTTEN : REQUEST);
    this.#requests++;
  }

  /**
   * @param request the request that the record names as its source
   * @param writtenTo the partition that the record was written to
   */
  addRecord(kind: RecordKind, request: TopicPartitionOffset, writtenTo: number): void {
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
    const shift = kind === 'result' ? 0 : DEAD_LETTERS_AT;
    if (((state >> shift) & COUNT_MAX) < COUNT_MAX) partition.add(request.offset, 1 << shift);
    const way = `${kind} ${key} ${writtenTo}`;
    const last = this.#lastOffset.get(way) ?? -1;
    if (request.offset < last) this.#outOfOrder.add(key, request.offset);
    else this.#lastOffset.set(way, request.offset);
  }

  /** `committedOf`: the next offset that the group will read; default: everything has been read. */
  report(
    committedOf: (partition: TopicPartition) => number = () => Number.POSITIVE_INFINITY,
  ): DeliveryReport {
    const lost = new Findings();
    const duplicated = new Findings();
    const both = new Findings();
    let pending = 0;
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
        if (offset >= committed) pending++;
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
      pending,
      forgotten,
      outside: this.#outside,
    };
  }
}

/** One byte per offset of a partition, starting at `first`. */
class Partition {
  readonly name: TopicPartition;
  readonly #first: number;
  #states = new Uint8Array(1024);
  #end = 0;

  constructor(name: TopicPartition, first: number) {
    this.name = name;
    this.#first = first;
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
