import { setImmediate as turn } from 'node:timers/promises';
import type { ConsumerClient, Polled, RebalanceListener } from '../../src/clients.ts';
import { KubesentimentError } from '../../src/errors.ts';
import type { SourceMessage, TopicPartition, TopicPartitionOffset } from '../../src/types.ts';
import { type FakeBroker, nameOf } from './fake-broker.ts';

interface Position extends TopicPartition {
  /** Infinity until the group's offset is known. */
  start: number;
  next: number;
}

export interface FakeConsumerOptions {
  readonly broker: FakeBroker;
  readonly index: number;
  readonly listener: RebalanceListener;
  readonly topic: string;
  /** How many records a poll goes back to redeliver them. */
  readonly rewind?: () => number;
  /**
   * Whether the group rejects a commit, as it does under the generation that a rebalance has just ended. It never does
   * so twice in a row: a member that it rejects again has been forgotten.
   */
  readonly refusesCommit?: () => boolean;
}

/** A member of the group of a `FakeBroker`. */
export class FakeConsumer implements ConsumerClient {
  readonly index: number;
  readonly topic: string;
  readonly #options: FakeConsumerOptions;
  readonly #positions = new Map<string, Position>();
  readonly #paused = new Set<string>();
  #die: () => void = () => undefined;
  readonly #death = new Promise<void>((resolve) => {
    this.#die = resolve;
  });
  /** The listener is notified of one thing at a time. */
  #givingBack: Promise<void> = Promise.resolve();
  #hasRefused = false;
  isDead = false;
  generation = -1;
  pauses = 0;

  constructor(options: FakeConsumerOptions) {
    this.#options = options;
    this.index = options.index;
    this.topic = options.topic;
  }

  async connect(): Promise<void> {}

  subscribe(): void {
    void this.#options.broker.join(this);
  }

  async poll(max: number): Promise<Polled> {
    await turn();
    if (this.isDead) return never();
    const { broker, rewind } = this.#options;
    const messages: SourceMessage[] = [];
    const ends: TopicPartitionOffset[] = [];
    for (const position of this.#positions.values()) {
      if (this.#paused.has(nameOf(position))) continue;
      if (position.start === Number.POSITIVE_INFINITY && !broker.hasPendingOffset(position)) {
        position.start = broker.committed(position);
        position.next = position.start;
      }
      const next = Math.max(position.start, position.next - (rewind?.() ?? 0));
      for (const record of broker.log(position)) {
        if (record.offset < next || messages.length >= max) continue;
        position.next = record.offset + 1;
        messages.push({ ...record, size: record.value?.length ?? 0 });
      }
      const { topic, partition } = position;
      if (position.next >= (broker.log(position).at(-1)?.offset ?? -1) + 1)
        ends.push({ topic, partition, offset: broker.end(position) });
    }
    return { messages, ends };
  }

  pause(partitions: readonly TopicPartition[]): void {
    this.pauses++;
    for (const entry of partitions) this.#paused.add(nameOf(entry));
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const entry of partitions) this.#paused.delete(nameOf(entry));
  }

  async commit(offsets: readonly TopicPartitionOffset[]): Promise<void> {
    await turn();
    if (this.isDead) return never();
    this.#hasRefused = !this.#hasRefused && this.#options.refusesCommit?.() === true;
    if (!this.#options.broker.knows(this) || this.#hasRefused) throw fenced();
    for (const entry of offsets) this.#options.broker.moveOffset(entry);
  }

  async hasCommitted(offsets: readonly TopicPartitionOffset[]): Promise<boolean> {
    await turn();
    return offsets.every((entry) => this.#options.broker.committed(entry) >= entry.offset);
  }

  logEnd(partition: TopicPartition): number {
    return this.#options.broker.end(partition);
  }

  disconnect(): Promise<void> {
    return this.#options.broker.leave(this);
  }

  /** The process dies without notice. */
  die(): Promise<void> {
    this.isDead = true;
    this.#die();
    return this.#options.broker.expel(this);
  }

  /** The group has given its partitions to others; the consumer learns of it only now, and rejoins. */
  async expelled(): Promise<void> {
    await this.giveBack([]);
    if (!this.isDead) await this.#options.broker.join(this);
  }

  giveBack(keep: readonly TopicPartition[]): Promise<void> {
    this.#givingBack = this.#givingBack.then(() => this.#giveBack(keep));
    return this.#givingBack;
  }

  take(generation: number, partitions: readonly TopicPartition[]): void {
    if (this.isDead) return;
    this.generation = generation;
    const fresh = partitions.filter((entry) => !this.#positions.has(nameOf(entry)));
    this.#options.listener.assigned(this, fresh);
    for (const entry of fresh) {
      this.#paused.delete(nameOf(entry));
      const unknown = Number.POSITIVE_INFINITY;
      this.#positions.set(nameOf(entry), { ...entry, start: unknown, next: unknown });
    }
  }

  async #giveBack(keep: readonly TopicPartition[]): Promise<void> {
    const kept = new Set(keep.map(nameOf));
    const leaving = [...this.#positions.values()].filter((entry) => !kept.has(nameOf(entry)));
    if (leaving.length === 0) return;
    await Promise.race([this.#options.listener.revoked(this, leaving, false), this.#death]);
    for (const entry of leaving) this.#positions.delete(nameOf(entry));
  }
}

export function fenced(): KubesentimentError {
  return new KubesentimentError('KS_MEMBER_FENCED', 'The group does not know this member.');
}

/** What a caller in a dead process gets. */
export function never(): Promise<never> {
  return new Promise(() => undefined);
}
