import type { ConsumerClient, ProducerClient, RebalanceListener } from '../../src/clients.ts';
import { KubesentimentError } from '../../src/errors.ts';
import type { OutgoingRecord, SourceMessage, TopicPartition, TopicPartitionOffset } from '../../src/types.ts';

/** Decides at each call of a client whether it fails, and how. */
export type Faults = (call: 'begin' | 'produce' | 'sendOffsets' | 'commit' | 'abort') => 'none' | 'abort' | 'full';

export interface StoredRecord extends OutgoingRecord {
  readonly offset: number;
}

const none: Faults = () => 'none';
const key = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;

/** A Kafka of one process: topics, one group, transactions that appear whole or not at all. */
export class FakeBroker {
  readonly #topics = new Map<string, StoredRecord[][]>();
  /** Next offset of each partition of the group. */
  readonly committed = new Map<string, number>();
  readonly #members: FakeConsumer[] = [];
  generation = 0;

  createTopic(topic: string, partitions: number): void {
    this.#topics.set(topic, Array.from({ length: partitions }, () => []));
  }

  partitions(topic: string): readonly StoredRecord[][] {
    const found = this.#topics.get(topic);
    if (found === undefined) throw new Error(`no topic ${topic}`);
    return found;
  }

  all(topic: string): StoredRecord[] {
    return this.partitions(topic).flat();
  }

  /** Offsets may have gaps, as transaction markers leave them. */
  append(record: OutgoingRecord, gap = 0): void {
    const partitions = this.partitions(record.topic);
    const partition = record.partition < 0 ? hash(String(record.key)) % partitions.length : record.partition;
    const log = partitions[partition] as StoredRecord[];
    const offset = (log.at(-1)?.offset ?? -1) + 1 + gap;
    log.push({ ...record, partition, offset });
  }

  request(topic: string, partition: number, value: string | Buffer | null, gap = 0): void {
    const bytes = typeof value === 'string' ? Buffer.from(value) : value;
    this.append({ topic, partition, key: null, value: bytes, headers: [] }, gap);
  }

  consumer(index: number, listener: RebalanceListener, topic: string): FakeConsumer {
    return new FakeConsumer(this, index, listener, topic);
  }

  producer(faults: Faults = none): ProducerClient {
    return new FakeProducer(this, faults);
  }

  /** Spreads the partitions over the members; each gives back what it loses before others get it. */
  async rebalance(): Promise<void> {
    this.generation++;
    const members = this.#members;
    const wanted = members.map(() => [] as TopicPartition[]);
    const topics = new Set(members.map((member) => member.topic));
    for (const topic of topics) {
      this.partitions(topic).forEach((_, partition) => {
        wanted[(partition + this.generation) % members.length]?.push({ topic, partition });
      });
    }
    await Promise.all(members.map((member, i) => member.giveBack(wanted[i] as TopicPartition[])));
    for (const [i, member] of members.entries()) member.take(wanted[i] as TopicPartition[]);
  }

  async join(member: FakeConsumer): Promise<void> {
    this.#members.push(member);
    await this.rebalance();
  }

  async leave(member: FakeConsumer): Promise<void> {
    await member.giveBack([]);
    this.#members.splice(this.#members.indexOf(member), 1);
    if (this.#members.length > 0) await this.rebalance();
  }
}

export class FakeConsumer implements ConsumerClient {
  readonly index: number;
  readonly topic: string;
  readonly #broker: FakeBroker;
  readonly #listener: RebalanceListener;
  readonly #positions = new Map<string, TopicPartition & { next: number }>();
  #paused = new Set<string>();
  /** The member's idea of the generation; an old one is fenced. */
  generation = -1;
  joined: Promise<void> = Promise.resolve();

  constructor(broker: FakeBroker, index: number, listener: RebalanceListener, topic: string) {
    this.#broker = broker;
    this.index = index;
    this.#listener = listener;
    this.topic = topic;
  }

  async connect(): Promise<void> {}

  subscribe(): void {
    this.joined = this.#broker.join(this);
  }

  async poll(max: number): Promise<SourceMessage[]> {
    await new Promise((resolve) => setImmediate(resolve));
    const messages: SourceMessage[] = [];
    for (const position of this.#positions.values()) {
      if (this.#paused.has(key(position))) continue;
      const log = this.#broker.partitions(position.topic)[position.partition] as StoredRecord[];
      for (const record of log) {
        if (record.offset < position.next || messages.length >= max) continue;
        position.next = record.offset + 1;
        messages.push({ ...record, size: record.value?.length ?? 0, timestamp: Date.now() });
      }
    }
    return messages;
  }

  pause(partitions: readonly TopicPartition[]): void {
    for (const entry of partitions) this.#paused.add(key(entry));
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const entry of partitions) this.#paused.delete(key(entry));
  }

  async commit(offsets: readonly TopicPartitionOffset[]): Promise<void> {
    for (const entry of offsets) this.#broker.committed.set(key(entry), entry.offset);
  }

  logEnd(partition: TopicPartition): number {
    return (this.#broker.partitions(partition.topic)[partition.partition]?.at(-1)?.offset ?? -1) + 1;
  }

  disconnect(): Promise<void> {
    return this.#broker.leave(this);
  }

  async giveBack(keep: readonly TopicPartition[]): Promise<void> {
    const kept = new Set(keep.map(key));
    const leaving = [...this.#positions.values()].filter((entry) => !kept.has(key(entry)));
    if (leaving.length === 0) return;
    await this.#listener.revoked(this, leaving, false);
    for (const entry of leaving) this.#positions.delete(key(entry));
  }

  take(partitions: readonly TopicPartition[]): void {
    this.generation = this.#broker.generation;
    const fresh = partitions.filter((entry) => !this.#positions.has(key(entry)));
    this.#listener.assigned(this, fresh);
    this.#paused = new Set();
    for (const entry of fresh) {
      this.#positions.set(key(entry), { ...entry, next: this.#broker.committed.get(key(entry)) ?? 0 });
    }
  }
}

class FakeProducer implements ProducerClient {
  readonly #broker: FakeBroker;
  readonly #faults: Faults;
  #open: { records: OutgoingRecord[]; offsets: TopicPartitionOffset[] } | undefined;

  constructor(broker: FakeBroker, faults: Faults) {
    this.#broker = broker;
    this.#faults = faults;
  }

  async connect(): Promise<void> {}

  async begin(): Promise<void> {
    await this.#fail('begin');
    if (this.#open !== undefined) throw new Error('two transactions at once');
    this.#open = { records: [], offsets: [] };
  }

  produce(record: OutgoingRecord): boolean {
    const fault = this.#faults('produce');
    if (fault === 'full') return false;
    if (fault === 'abort') throw abortable('produce');
    const copy = { ...record, value: record.value === null ? null : Buffer.from(record.value) };
    if (this.#open === undefined) this.#broker.append(copy);
    else this.#open.records.push(copy);
    return true;
  }

  async sendOffsets(consumer: ConsumerClient, offsets: readonly TopicPartitionOffset[]): Promise<void> {
    await this.#fail('sendOffsets');
    if ((consumer as FakeConsumer).generation < 0) throw abortable('sendOffsets');
    this.#open?.offsets.push(...offsets);
  }

  async commit(): Promise<void> {
    await this.#fail('commit');
    for (const record of this.#open?.records ?? []) this.#broker.append(record);
    for (const entry of this.#open?.offsets ?? []) this.#broker.committed.set(key(entry), entry.offset);
    this.#open = undefined;
  }

  async abort(): Promise<void> {
    this.#open = undefined;
  }

  async flush(): Promise<void> {
    await this.#fail('commit');
  }

  partitionCount(topic: string): number {
    return this.#broker.partitions(topic).length;
  }

  async disconnect(): Promise<void> {}

  async #fail(call: 'begin' | 'sendOffsets' | 'commit'): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    if (this.#faults(call) === 'abort') throw abortable(call);
  }
}

function abortable(call: string): KubesentimentError {
  return new KubesentimentError('KS_KAFKA_ABORTABLE', `${call} failed on purpose.`);
}

function hash(text: string): number {
  let value = 7;
  for (const char of text) value = (value * 31 + char.charCodeAt(0)) >>> 0;
  return value;
}
