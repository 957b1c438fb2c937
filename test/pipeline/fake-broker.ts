import type { OutgoingRecord, TopicPartition, TopicPartitionOffset } from '../../src/types.ts';
import { Audit } from './audit.ts';

export interface StoredRecord extends OutgoingRecord {
  readonly offset: number;
  readonly timestamp: number;
}

/** A consumer as the group sees it. */
export interface Member {
  readonly topics: readonly string[];
  readonly generation: number;
  /** Gives back every partition that is not in `kept`. */
  giveBack(kept: readonly TopicPartition[]): Promise<void>;
  take(generation: number, partitions: readonly TopicPartition[]): void;
}

/** What a transaction would make visible. */
export interface OpenTransaction {
  readonly records: OutgoingRecord[];
  readonly offsets: TopicPartitionOffset[];
}

export const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;

/**
 * An in-process Kafka: topics, one group with cooperative rebalances and fencing, transactions that appear as a whole
 * or not at all. It is strict where Kafka is, and audits every commit.
 */
export class FakeBroker {
  readonly audit: Audit;
  readonly transactions = new Set<OpenTransaction>();
  readonly #topics = new Map<string, StoredRecord[][]>();
  readonly #committed = new Map<string, number>();
  readonly #cuts = new Map<string, number>();
  /** How often each topic has been created again. */
  readonly #recreations = new Map<string, number>();
  /** Offsets without a record, after the last record. */
  readonly #gaps = new Map<string, number>();
  readonly #members = new Set<Member>();
  /** Who takes part in the current rebalance. */
  readonly #participants = new Set<Member>();
  #generation = 0;
  #rebalancing: Promise<void> = Promise.resolve();

  constructor({ exactlyOnce = true }: { exactlyOnce?: boolean } = {}) {
    this.audit = new Audit(exactlyOnce);
  }

  createTopic(topic: string, partitions: number): void {
    this.#topics.set(
      topic,
      Array.from({ length: partitions }, () => []),
    );
  }

  /** The topic is deleted and created again; its offsets go with it. */
  recreateTopic(topic: string, partitions: number): void {
    for (const partition of this.partitions(topic).keys())
      this.#committed.delete(nameOf({ topic, partition }));
    this.createTopic(topic, partitions);
    this.#recreations.set(topic, this.recreations(topic) + 1);
    this.audit.forgetRequests();
  }

  /** The log of a partition ends here: its broker has lost the rest. */
  truncate(partition: TopicPartition, end: number): void {
    const log = this.log(partition) as StoredRecord[];
    const kept = log.filter(({ offset }) => offset < end);
    this.#cuts.set(nameOf(partition), end);
    log.length = 0;
    log.push(...kept);
    this.audit.forgetRequests(partition.partition, end);
  }

  /** Where the log was cut off last. */
  firstLost(partition: TopicPartition): number {
    return this.#cuts.get(nameOf(partition)) ?? 0;
  }

  /** Records before this one are deleted. */
  trim(partition: TopicPartition, low: number): void {
    const log = this.log(partition) as StoredRecord[];
    const kept = log.filter(({ offset }) => offset >= low);
    log.length = 0;
    log.push(...kept);
  }

  recreations(topic: string): number {
    return this.#recreations.get(topic) ?? 0;
  }

  partitions(topic: string): readonly StoredRecord[][] {
    const found = this.#topics.get(topic);
    if (found === undefined) throw new Error(`There is no topic ${topic}.`);
    return found;
  }

  log({ topic, partition }: TopicPartition): readonly StoredRecord[] {
    return this.partitions(topic)[partition] as StoredRecord[];
  }

  all(topic: string): StoredRecord[] {
    return this.partitions(topic).flat();
  }

  /** Next offset of the group. */
  committed(partition: TopicPartition): number {
    return this.#committed.get(nameOf(partition)) ?? 0;
  }

  /** Leaves a gap of `gap` offsets before it, as transaction markers and compaction do. */
  request(topic: string, record: Partial<OutgoingRecord> & { partition: number }, gap = 0): void {
    this.#append({ topic, key: null, value: null, headers: [], ...record }, gap);
  }

  /** What ends a transaction: `count` offsets without a record. */
  mark(partition: TopicPartition, count: number): void {
    this.#gaps.set(nameOf(partition), (this.#gaps.get(nameOf(partition)) ?? 0) + count);
  }

  /** The offset of the next record, at least. */
  end(partition: TopicPartition): number {
    return (this.log(partition).at(-1)?.offset ?? -1) + 1 + (this.#gaps.get(nameOf(partition)) ?? 0);
  }

  /** Makes a record visible. */
  publish(record: OutgoingRecord): void {
    this.#append(record, 0);
    this.audit.recordBecameVisible(record);
  }

  /** Where a log begins that nobody has read. */
  resetOffset(entry: TopicPartitionOffset): void {
    this.#committed.set(nameOf(entry), entry.offset);
  }

  moveOffset(entry: TopicPartitionOffset): void {
    this.audit.offsetMoved(entry, this.log(entry), this.committed(entry), entry.offset);
    this.#committed.set(nameOf(entry), entry.offset);
  }

  commitTransaction(transaction: OpenTransaction, source: string): void {
    for (const record of transaction.records) this.publish(record);
    for (const entry of transaction.offsets) this.moveOffset(entry);
    this.audit.transactionEnded(transaction.records, (partition) =>
      this.committed({ topic: source, partition }),
    );
    this.transactions.delete(transaction);
  }

  /** Until an open transaction has ended, nobody knows where to start reading (`require_stable`). */
  hasPendingOffset(partition: TopicPartition): boolean {
    const name = nameOf(partition);
    return [...this.transactions].some(({ offsets }) => offsets.some((entry) => nameOf(entry) === name));
  }

  /** Whether the group still knows the consumer under the generation it presents. */
  knows(consumer: Member): boolean {
    return this.#members.has(consumer) && consumer.generation === this.#generation;
  }

  join(consumer: Member): Promise<void> {
    this.#members.add(consumer);
    return this.rebalance();
  }

  async leave(consumer: Member): Promise<void> {
    const left = this.#rebalancing.then(async () => {
      if (this.#members.has(consumer)) await consumer.giveBack([]);
      this.#members.delete(consumer);
    });
    this.#rebalancing = left;
    await left;
    await this.rebalance();
  }

  /** The group evicts a consumer that does not know it yet: its session has timed out. */
  expel(consumer: Member): Promise<void> {
    this.#members.delete(consumer);
    this.#participants.delete(consumer);
    return this.rebalance();
  }

  rebalance(): Promise<void> {
    this.#rebalancing = this.#rebalancing.then(() => this.#rebalance());
    return this.#rebalancing;
  }

  /**
   * Like the cooperative protocol: each member gives back what others will get, then all learn the new generation.
   */
  async #rebalance(): Promise<void> {
    const members = [...this.#members];
    for (const member of members) this.#participants.add(member);
    const wanted = new Map(members.map((member) => [member, [] as TopicPartition[]]));
    for (const topic of new Set(members.flatMap((member) => member.topics))) {
      const readers = members.filter((member) => member.topics.includes(topic));
      for (const partition of this.partitions(topic).keys()) {
        const member = readers[(partition + this.#generation) % readers.length] as Member;
        wanted.get(member)?.push({ topic, partition });
      }
    }
    await Promise.all(members.map((member) => member.giveBack(wanted.get(member) ?? [])));
    this.#generation++;
    for (const member of this.#participants) member.take(this.#generation, wanted.get(member) ?? []);
    this.#participants.clear();
  }

  #append(record: OutgoingRecord, gap: number): void {
    const partitions = this.partitions(record.topic);
    const partition = record.partition < 0 ? hash(String(record.key)) % partitions.length : record.partition;
    const log = partitions[partition] as StoredRecord[];
    const place = { topic: record.topic, partition };
    const offset = this.end(place) + gap;
    this.#gaps.delete(nameOf(place));
    log.push({ ...record, partition, offset, timestamp: Date.now() });
  }
}

function hash(text: string): number {
  let value = 7;
  for (const char of text) value = (value * 31 + char.charCodeAt(0)) >>> 0;
  return value;
}
