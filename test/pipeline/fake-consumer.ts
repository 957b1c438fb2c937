import { setImmediate as turn } from 'node:timers/promises';
import type { ConsumerClient, Polled, RebalanceListener } from '../../src/clients.ts';
import { KubesentimentError } from '../../src/errors.ts';
import type { SourceMessage, TopicPartition, TopicPartitionOffset } from '../../src/types.ts';
import { type FakeBroker, nameOf } from './fake-broker.ts';

interface Position extends TopicPartition {
  /** Infinity until the group's offset is known. */
  start: number;
  next: number;
  /** Of the topic, when the position was valid. */
  recreations: number;
  /** The broker has said that the position is beyond the end of the log. */
  isOutOfRange?: boolean;
}

export interface FakeConsumerOptions {
  readonly broker: FakeBroker;
  readonly index: number;
  readonly listener: RebalanceListener;
  readonly topic: string;
  /** In place of the topic: it reads the retry topics. */
  readonly retryTopics?: readonly string[];
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
  readonly topics: readonly string[];
  readonly readsRetries: boolean;
  readonly #options: FakeConsumerOptions;
  readonly #positions = new Map<string, Position>();
  /** How often the topic had been created again when its log was last taken up, by partition. */
  readonly #known = new Map<string, number>();
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
  /** Polls while it had a partition. */
  polls = 0;
  /** How often a position was beyond the end of its log. */
  resets = 0;

  constructor(options: FakeConsumerOptions) {
    this.#options = options;
    this.index = options.index;
    this.topics = options.retryTopics ?? [options.topic];
    this.readsRetries = options.retryTopics !== undefined;
  }

  async connect(): Promise<void> {}

  subscribe(): void {
    void this.#options.broker.join(this);
  }

  async poll(max: number): Promise<Polled> {
    await turn();
    if (this.isDead) return never();
    if (this.#positions.size > 0) this.polls++;
    const { broker, rewind } = this.#options;
    const messages: SourceMessage[] = [];
    const ends: TopicPartitionOffset[] = [];
    for (const position of this.#positions.values()) {
      if (this.#paused.has(nameOf(position))) continue;
      if (position.start === Number.POSITIVE_INFINITY && !broker.hasPendingOffset(position)) {
        position.start = broker.committed(position);
        position.next = position.start;
      }
      this.#reset(position);
      const next = Math.max(position.start, position.next - (rewind?.() ?? 0));
      for (const record of broker.log(position)) {
        if (record.offset < next || messages.length >= max) continue;
        position.next = record.offset + 1;
        messages.push({ ...record, size: record.value?.length ?? 0 });
      }
      const { topic, partition } = position;
      if (position.start === Number.POSITIVE_INFINITY) continue; // not read at all, so not to the end either
      if (position.next >= (broker.log(position).at(-1)?.offset ?? -1) + 1)
        ends.push({ topic, partition, offset: broker.end(position) });
    }
    return { messages, ends };
  }

  /** As librdkafka does: what it cannot read on is read from its beginning. */
  #reset(position: Position): void {
    const { broker } = this.#options;
    const recreations = broker.recreations(position.topic);
    const isBeyond = position.next !== Number.POSITIVE_INFINITY && position.next > this.logEnd(position);
    if (recreations === position.recreations && !isBeyond) return;
    position.isOutOfRange ||= isBeyond;
    if (isBeyond) this.resets++;
    position.next = isBeyond && recreations === position.recreations ? this.logEnd(position) : 0;
    position.start = 0;
    position.recreations = recreations;
  }

  doubt(place: TopicPartition): void {
    void turn().then(() => this.#look(place));
  }

  #look({ topic, partition }: TopicPartition): void {
    const { broker, listener } = this.#options;
    const position = this.#positions.get(nameOf({ topic, partition }));
    const from = listener.nextOf(this, { topic, partition });
    if (position === undefined || from === undefined || this.isDead) return;
    const known = this.#known.get(nameOf(position)) ?? 0;
    const isRecreated = position.recreations !== known;
    if (!isRecreated && position.isOutOfRange !== true) {
      position.next = from;
      listener.trust(this, position);
      return;
    }
    const to = isRecreated ? 0 : broker.firstLost(position);
    this.#known.set(nameOf(position), position.recreations);
    position.isOutOfRange = false;
    position.next = to;
    broker.resetOffset({ topic, partition, offset: to });
    const reason = isRecreated ? 'topic_recreated' : 'log_shorter';
    const moved = { from, to, reason } as const;
    listener.reset(this, { topic, partition, start: to, position: to, moved });
  }

  async missingTopics(): Promise<readonly string[]> {
    return [];
  }

  pause(partitions: readonly TopicPartition[]): void {
    this.pauses++;
    for (const entry of partitions) this.#paused.add(nameOf(entry));
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const entry of partitions) this.#paused.delete(nameOf(entry));
  }

  async seek(place: TopicPartitionOffset): Promise<void> {
    await turn();
    const position = this.#positions.get(nameOf(place));
    if (position === undefined) throw new Error(`${nameOf(place)} is not assigned.`);
    position.next = place.offset;
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

  async forgotten(offsets: readonly TopicPartitionOffset[]): Promise<readonly TopicPartitionOffset[]> {
    await turn();
    return offsets.filter((entry) => this.#options.broker.committed(entry) < entry.offset);
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
      const recreations = this.#options.broker.recreations(entry.topic);
      this.#known.set(nameOf(entry), recreations);
      this.#positions.set(nameOf(entry), { ...entry, start: unknown, next: unknown, recreations });
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
