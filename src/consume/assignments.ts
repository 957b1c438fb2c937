import { setTimeout as sleep } from 'node:timers/promises';
import type {
  AssignedPartition,
  ConsumerClient,
  Move,
  RebalanceListener,
  UnreadableBatch,
} from '../clients.ts';
import { restoreOffsets } from './forgotten-offsets.ts';
import { OffsetLedger } from './offset-ledger.ts';
import type { SlotTable } from '../slots.ts';
import type { PartitionMarks } from '../stall-marks.ts';
import type { TopicPartition, TopicPartitionOffset } from '../types.ts';

export interface AssignmentsOptions {
  readonly table: SlotTable;
  /** How long a revoked partition may take to finish what is in flight. */
  readonly drainTimeoutMs: number;
  readonly onRebalance: (kind: 'assigned' | 'revoked', partitions: number, dropped: number) => void;
  /** A partition is not read on where the group was. */
  readonly onMoved?: (partition: TopicPartition, move: Move) => void;
  /** A partition stands still at this batch; told once. */
  readonly onUnreadable?: (batch: UnreadableBatch) => void;
  /** Messages of a partition may make the event loop stand still, as they did in earlier processes. */
  readonly onMarked?: (partition: PartitionMarks) => void;
  /** The group had lost offsets of ours. Without it nobody looks. */
  readonly onForgotten?: ((offsets: readonly TopicPartitionOffset[]) => void) | undefined;
  readonly onFatal: (error: Error) => void;
}

const DRAIN_STEP_MS = 2;
/** How much longer giving partitions back may take until the group is known to have their offsets. */
const RESTORE_MS_MAX = 5_000;
/** The members of a group are answered together; finding a start takes some requests more. */
const IDLE_ANSWER_MS = 3_000;

/** The partitions this process holds, with one offset ledger per assignment of a partition. */
export class Assignments implements RebalanceListener {
  readonly #options: AssignmentsOptions;
  /** By consumer: one of ours can hold a partition while another, evicted from the group, still reads it. */
  readonly #ledgers = new Map<number, Map<string, Map<number, OffsetLedger>>>();
  /** Of logs that are gone, with results still to be published. */
  readonly #superseded = new Set<OffsetLedger>();
  /** Those that were in doubt when they were given back. */
  readonly #leftInDoubt = new WeakSet<OffsetLedger>();
  /** What was committed last for the partitions that have been given back. */
  readonly #lastCommitted = new Map<string, TopicPartitionOffset>();
  /** Consumers that the group has evicted and that do not know it yet. */
  readonly #fenced = new Set<number>();
  /** Consumers that the group has answered. */
  readonly #assignedOnce = new Set<number>();
  #firstAssignedAt = Number.POSITIVE_INFINITY;
  #abandoned = false;

  constructor(options: AssignmentsOptions) {
    this.#options = options;
  }

  find(consumer: ConsumerClient, topic: string, partition: number): OffsetLedger | undefined {
    return this.#ledgers.get(consumer.index)?.get(topic)?.get(partition);
  }

  *ledgers(): IterableIterator<OffsetLedger> {
    for (const ledger of this.#superseded) {
      if (ledger.span > 0) yield ledger;
      else this.#superseded.delete(ledger);
    }
    for (const topics of this.#ledgers.values())
      for (const partitions of topics.values()) yield* partitions.values();
  }

  of(consumer: ConsumerClient): OffsetLedger[] {
    return [...this.ledgers()].filter((ledger) => ledger.consumerIndex === consumer.index);
  }

  /**
   * Whether the group has answered the consumer, and each of its partitions has a start. With the cooperative protocols
   * one that gets nothing is told nothing: it is taken for answered some time after another.
   */
  hasAssigned(consumer: ConsumerClient): boolean {
    if (this.#assignedOnce.has(consumer.index)) return true;
    return performance.now() - this.#firstAssignedAt > IDLE_ANSWER_MS;
  }

  /** Whether the consumer has a partition to read. */
  holdsAny(consumer: ConsumerClient): boolean {
    const topics = this.#ledgers.get(consumer.index);
    return topics !== undefined && hasEntries(topics);
  }

  /** How many consumers have a partition to read. */
  get readers(): number {
    let count = 0;
    for (const topics of this.#ledgers.values()) if (hasEntries(topics)) count++;
    return count;
  }

  assigned(consumer: ConsumerClient, partitions: readonly AssignedPartition[]): void {
    this.#fenced.delete(consumer.index);
    this.#assignedOnce.add(consumer.index);
    this.#firstAssignedAt = Math.min(this.#firstAssignedAt, performance.now());
    const topics = this.#ledgers.get(consumer.index) ?? new Map<string, Map<number, OffsetLedger>>();
    this.#ledgers.set(consumer.index, topics);
    for (const entry of partitions) {
      const ofTopic = topics.get(entry.topic) ?? new Map<number, OffsetLedger>();
      ofTopic.set(entry.partition, new OffsetLedger(this.#options.table, entry, consumer.index));
      topics.set(entry.topic, ofTopic);
      this.#tellMove(entry);
      if (entry.marks)
        this.#options.onMarked?.({ topic: entry.topic, partition: entry.partition, marks: entry.marks });
    }
    this.#options.onRebalance('assigned', partitions.length, 0);
  }

  nextOf(consumer: ConsumerClient, { topic, partition }: TopicPartition): number | undefined {
    const ledger = this.find(consumer, topic, partition);
    return ledger?.state === 'held' || ledger?.state === 'doubted' ? ledger.next : undefined;
  }

  lastOf(place: TopicPartition): TopicPartitionOffset | undefined {
    return this.#lastCommitted.get(nameOf(place));
  }

  #remember(ledger: OffsetLedger): void {
    const last = lastOf(ledger);
    if (last !== undefined) this.#lastCommitted.set(nameOf(last), last);
  }

  doubt(consumer: ConsumerClient, { topic, partition }: TopicPartition): void {
    this.find(consumer, topic, partition)?.doubt();
  }

  trust(consumer: ConsumerClient, { topic, partition }: TopicPartition): void {
    this.find(consumer, topic, partition)?.trust();
  }

  reset(consumer: ConsumerClient, entry: AssignedPartition): void {
    const ofTopic = this.#ledgers.get(consumer.index)?.get(entry.topic);
    const old = ofTopic?.get(entry.partition);
    if (old === undefined) return;
    old.supersede();
    if (old.span > 0) this.#superseded.add(old);
    ofTopic?.set(entry.partition, new OffsetLedger(this.#options.table, entry, consumer.index, old));
    this.#tellMove(entry);
  }

  retire(consumer: ConsumerClient, { topic, partition }: TopicPartition): void {
    this.find(consumer, topic, partition)?.supersede();
  }

  skipped(consumer: ConsumerClient, entry: AssignedPartition): void {
    this.find(consumer, entry.topic, entry.partition)?.skip(entry);
    this.#tellMove(entry);
  }

  #tellMove(entry: AssignedPartition): void {
    if (entry.moved === undefined) return;
    const { from } = entry.moved;
    const known = from < 0 ? Math.max(from, this.lastOf(entry)?.offset ?? -1, this.#heldOffset(entry)) : from;
    this.#options.onMoved?.(entry, { ...entry.moved, from: known });
  }

  /** What was committed for the partition by a consumer of this process that has yet to give it back. */
  #heldOffset(place: TopicPartition): number {
    const those = [...this.ledgers()].filter((ledger) => nameOf(ledger) === nameOf(place));
    return Math.max(-1, ...those.map((ledger) => ledger.committedOffset));
  }

  /**
   * The broker rejected this consumer's offsets because it is no longer a member. librdkafka is about to revoke its
   * partitions; there is nothing to drain then.
   */
  fenced(consumer: ConsumerClient): void {
    this.#fenced.add(consumer.index);
    for (const ledger of this.of(consumer)) if (ledger.state === 'draining') ledger.lose();
  }

  /** Nothing more will be published, so there is nothing to wait for. */
  abandon(): void {
    this.#abandoned = true;
    for (const ledger of this.ledgers()) ledger.lose();
  }

  /** Finishes what is in flight, within the time limit, and drops the rest: the next owner reads it again. */
  async revoked(
    consumer: ConsumerClient,
    partitions: readonly TopicPartition[],
    lost: boolean,
  ): Promise<void> {
    const names = new Set(partitions.map(nameOf));
    const leaving = this.of(consumer).filter((ledger) => names.has(nameOf(ledger)));
    const isLost = lost || this.#fenced.delete(consumer.index) || this.#abandoned;
    for (const ledger of leaving) {
      if (ledger.state === 'doubted') this.#leftInDoubt.add(ledger);
      if (isLost) ledger.lose();
      else ledger.giveBack();
    }
    if (!isLost) await this.drain(leaving, this.#options.drainTimeoutMs);
    // A transaction that holds some of them must end first, committed or aborted: its slots are still in use. Where
    // messages were not finished in time, another may begin meanwhile, and commit later offsets than those looked at.
    let looked: number;
    do {
      while (hasTransaction(leaving)) await sleep(DRAIN_STEP_MS);
      looked = committedOf(leaving);
      await this.restore(consumer, leaving);
    } while (hasTransaction(leaving) || committedOf(leaving) !== looked);
    const dropped = leaving.reduce((sum, ledger) => sum + ledger.span, 0);
    for (const ledger of leaving) {
      ledger.release();
      this.#remember(ledger);
      this.#ledgers.get(consumer.index)?.get(ledger.topic)?.delete(ledger.partition);
    }
    this.#options.onRebalance('revoked', partitions.length, dropped);
  }

  /** Not of partitions that are lost, or that may have another log. Their transactions must have ended. */
  async restore(
    consumer: ConsumerClient,
    ledgers: readonly OffsetLedger[] = this.of(consumer),
  ): Promise<void> {
    const { onForgotten, drainTimeoutMs } = this.#options;
    const offsets = (): TopicPartitionOffset[] =>
      ledgers
        .filter((ledger) => ledger.isOurs && !ledger.isSuperseded && !this.#isDoubted(ledger))
        .flatMap((ledger) => lastOf(ledger) ?? []);
    const limitMs = Math.min(RESTORE_MS_MAX, drainTimeoutMs);
    if (onForgotten) await restoreOffsets({ consumer, offsets, limitMs, onForgotten });
  }

  /** The offset that the group has may be of another log. */
  #isDoubted(ledger: OffsetLedger): boolean {
    return ledger.state === 'doubted' || this.#leftInDoubt.has(ledger);
  }

  unreadable(consumer: ConsumerClient, batch: UnreadableBatch): void {
    const ledger = this.find(consumer, batch.topic, batch.partition);
    if (ledger === undefined) return;
    const isKnown = ledger.unreadable?.offset === batch.offset;
    ledger.standsAt(batch);
    if (!isKnown) this.#options.onUnreadable?.(batch);
  }

  fatal(error: Error): void {
    this.#options.onFatal(error);
  }

  /** Resolves with true when everything taken from the partitions has been committed. */
  async drain(ledgers: readonly OffsetLedger[], timeoutMs: number): Promise<boolean> {
    const deadline = performance.now() + timeoutMs;
    while (ledgers.some((ledger) => ledger.span > 0 && ledger.isOurs)) {
      if (performance.now() > deadline) return false;
      await sleep(DRAIN_STEP_MS);
    }
    return true;
  }
}

/** What the group had, or has got from us. */
function lastOf(ledger: OffsetLedger): TopicPartitionOffset | undefined {
  const { topic, partition, committedOffset: offset, metadata } = ledger;
  return offset < 0 ? undefined : { topic, partition, offset, ...(metadata !== undefined && { metadata }) };
}

function hasTransaction(ledgers: readonly OffsetLedger[]): boolean {
  return ledgers.some((ledger) => ledger.inTransaction);
}

/** It grows with every commit. */
function committedOf(ledgers: readonly OffsetLedger[]): number {
  return ledgers.reduce((sum, { committedOffset }) => sum + committedOffset, 0);
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}

function hasEntries(maps: ReadonlyMap<string, ReadonlyMap<number, unknown>>): boolean {
  for (const map of maps.values()) if (map.size > 0) return true;
  return false;
}
