import type { TopicPartition, TopicPartitionOffset } from '../types.ts';

/** What each request came to. The first four of the lists must be empty for exactly once. */
export interface DeliveryReport {
  readonly requests: number;
  readonly results: number;
  readonly deadLetters: number;
  /** Neither a result nor a dead letter. */
  readonly lost: Finding;
  /** More than one result, or more than one dead letter. */
  readonly duplicated: Finding;
  /** A result and a dead letter. */
  readonly both: Finding;
  /** Records that stand behind one of a later request of the same source partition. */
  readonly outOfOrder: Finding;
  /** Results and dead letters that name a request which is not there. */
  readonly unknown: Finding;
}

export interface Finding {
  readonly count: number;
  /** The first few, as `topic/partition/offset` of the request. */
  readonly examples: readonly string[];
}

export type RecordKind = 'result' | 'deadLetter';

const EXAMPLES_MAX = 10;
// One byte for each offset: bits 0–2 results and 3–5 dead letters, each at most 7; bit 6: there is a request.
const REQUEST = 1 << 6;
const COUNT_MAX = 7;
const shiftOf: Readonly<Record<RecordKind, number>> = { result: 0, deadLetter: 3 };

/**
 * Compares requests with the records that came of them. Requests first, in offset order inside each
 * partition; then results and dead letters, likewise. Holds one byte for each request.
 */
export class DeliveryTally {
  readonly #partitions = new Map<string, Partition>();
  readonly #lastOffset = new Map<string, number>();
  readonly #outOfOrder = new Findings();
  readonly #unknown = new Findings();
  readonly #counts = { result: 0, deadLetter: 0 };
  #requests = 0;

  addRequest(request: TopicPartitionOffset): void {
    const key = keyOf(request);
    let partition = this.#partitions.get(key);
    if (partition === undefined) {
      partition = new Partition(request.offset);
      this.#partitions.set(key, partition);
    }
    partition.add(request.offset, REQUEST);
    this.#requests++;
  }

  /**
   * @param request what the record names as its source
   * @param writtenTo number of the partition in which the record stands
   */
  addRecord(kind: RecordKind, request: TopicPartitionOffset, writtenTo: number): void {
    this.#counts[kind]++;
    const key = keyOf(request);
    const partition = this.#partitions.get(key);
    const before = partition?.at(request.offset) ?? 0;
    if (partition === undefined || (before & REQUEST) === 0) {
      this.#unknown.add(request);
      return;
    }
    if (((before >> shiftOf[kind]) & COUNT_MAX) < COUNT_MAX) partition.add(request.offset, 1 << shiftOf[kind]);
    const way = `${kind} ${key} ${writtenTo}`;
    const last = this.#lastOffset.get(way) ?? -1;
    if (request.offset < last) this.#outOfOrder.add(request);
    else this.#lastOffset.set(way, request.offset);
  }

  report(): DeliveryReport {
    const lost = new Findings();
    const duplicated = new Findings();
    const both = new Findings();
    for (const [key, partition] of this.#partitions) {
      partition.forEach((offset, state) => {
        if ((state & REQUEST) === 0) return;
        const results = state & COUNT_MAX;
        const deadLetters = (state >> shiftOf.deadLetter) & COUNT_MAX;
        if (results + deadLetters === 0) lost.addText(`${key}/${offset}`);
        if (results > 1 || deadLetters > 1) duplicated.addText(`${key}/${offset}`);
        if (results > 0 && deadLetters > 0) both.addText(`${key}/${offset}`);
      });
    }
    return {
      requests: this.#requests,
      results: this.#counts.result,
      deadLetters: this.#counts.deadLetter,
      lost,
      duplicated,
      both,
      outOfOrder: this.#outOfOrder,
      unknown: this.#unknown,
    };
  }
}

/** Whether the report shows exactly once. */
export function isExactlyOnce(report: DeliveryReport): boolean {
  const { lost, duplicated, both, outOfOrder, unknown } = report;
  return [lost, duplicated, both, outOfOrder, unknown].every(({ count }) => count === 0);
}

/** One byte for each offset of a partition from `first` on. Offsets with a gap before them are 0. */
class Partition {
  readonly #first: number;
  #states = new Uint8Array(1024);
  #end = 0;

  constructor(first: number) {
    this.#first = first;
  }

  at(offset: number): number {
    return this.#states[offset - this.#first] ?? 0;
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

class Findings implements Finding {
  count = 0;
  readonly examples: string[] = [];

  add(request: TopicPartitionOffset): void {
    this.addText(`${keyOf(request)}/${request.offset}`);
  }

  addText(example: string): void {
    if (this.count++ < EXAMPLES_MAX) this.examples.push(example);
  }
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}
