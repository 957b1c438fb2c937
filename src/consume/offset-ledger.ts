import type { AssignedPartition } from '../clients.ts';
import { bug } from '../errors.ts';
import { markOf, type StallMark } from '../stall-marks.ts';
import type { SlotTable } from '../slots.ts';
import type { SourceMessage, TopicPartition, TopicPartitionOffset } from '../types.ts';

/**
 * The state of a partition in this process:
 *
 *     held ──giveBack()──► draining ──release()──► released
 *      └────────lose()────────┴─────► lost ──release()──┘
 *
 * Messages of a held partition are taken and published, those of a draining one only published. A lost partition
 * already belongs to another member, so nothing more of it may be published.
 */
export type PartitionState = 'held' | 'draining' | 'lost' | 'released';

/**
 * The messages of one assigned partition in offset order, from taken to committed:
 *
 *     head            cursor                     tail
 *      │ in transaction │ finished or not, mixed   │
 *
 * Only the finished prefix after `cursor` may be published, so a crash at any point neither loses nor duplicates a
 * record. After an abort the cursor moves back to the head: the results are still here, nothing is read or inferred
 * again. Offsets may have gaps (transaction markers, compaction), so rely on their order, never on arithmetic.
 *
 * A ledger lives for one assignment. The next assignment of the same partition gets a new one.
 */
export class OffsetLedger implements TopicPartition {
  readonly topic: string;
  readonly partition: number;
  /** Goes with every committed offset. */
  readonly metadata: string | undefined;
  /** Messages that may make the event loop stand still. Nearly always empty. */
  readonly marks: readonly StallMark[];
  /** Index of the consumer that holds the partition. */
  readonly consumerIndex: number;
  readonly #table: SlotTable;
  #ring = new Int32Array(1024);
  // Positions only grow; the ring index is position & mask.
  #head = 0;
  #cursor = 0;
  #tail = 0;
  #lastTakenOffset = -1;
  #committedOffset = -1;
  #state: PartitionState = 'held';

  constructor(table: SlotTable, assigned: AssignedPartition, consumerIndex: number) {
    this.#table = table;
    this.topic = assigned.topic;
    this.partition = assigned.partition;
    this.metadata = assigned.metadata;
    this.marks = assigned.marks ?? [];
    this.#committedOffset = assigned.start ?? -1;
    this.consumerIndex = consumerIndex;
  }

  get state(): PartitionState {
    return this.#state;
  }

  /** Whether messages may be taken from the partition. */
  get isHeld(): boolean {
    return this.#state === 'held';
  }

  /** Whether messages taken from it may be published. */
  get isOurs(): boolean {
    return this.#state === 'held' || this.#state === 'draining';
  }

  /** Takes no more messages; those in flight are finished. */
  giveBack(): void {
    if (this.#state === 'held') this.#state = 'draining';
  }

  /** Another member already has the partition. */
  lose(): void {
    if (this.isOurs) this.#state = 'lost';
  }

  /** Messages taken but not yet committed. */
  get span(): number {
    return this.#tail - this.#head;
  }

  /** Whether any messages are in a transaction that is neither committed nor aborted yet. */
  get inTransaction(): boolean {
    return this.#cursor !== this.#head;
  }

  get lastTakenOffset(): number {
    return this.#lastTakenOffset;
  }

  /** Next offset to read after the last commit; -1 before the first. */
  get committedOffset(): number {
    return this.#committedOffset;
  }

  /** The oldest message not yet committed. */
  get oldest(): SourceMessage | undefined {
    if (this.span === 0) return undefined;
    return this.#table.message[this.#ring[this.#head & (this.#ring.length - 1)] as number];
  }

  /** False if this offset was already taken in this assignment: a redelivery, to be ignored. */
  isNew(offset: number): boolean {
    return offset > this.#lastTakenOffset;
  }

  push(slot: number, offset: number): void {
    if (!this.isHeld) throw bug(`Offset ${offset} was entered into a partition that is ${this.#state}.`);
    if (!this.isNew(offset)) throw bug(`Offset ${offset} was entered twice.`);
    this.#lastTakenOffset = offset;
    if (this.span === this.#ring.length) this.#grow();
    this.#ring[this.#tail++ & (this.#ring.length - 1)] = slot;
  }

  /**
   * Moves the cursor over the finished prefix, at most `max` messages, writes their slots to
   * `out` from `at`, and returns how many there were. One that may make the event loop stand still when it is written
   * comes alone.
   */
  takeFinished(out: Int32Array, at: number, max: number): number {
    const mask = this.#ring.length - 1;
    const end = Math.min(this.#tail, this.#cursor + Math.min(max, out.length - at));
    let count = 0;
    while (this.#cursor < end) {
      const slot = this.#ring[this.#cursor & mask] as number;
      if (!this.#table.isFinished(slot)) break;
      const isAlone = this.marks.length > 0 && this.#standsAlone(slot);
      if (isAlone && count > 0) break;
      out[at + count++] = slot;
      this.#cursor++;
      if (isAlone) break;
    }
    return count;
  }

  /** Whether `takeFinished` would return anything. */
  get hasFinished(): boolean {
    if (this.#cursor === this.#tail) return false;
    return this.#table.isFinished(this.#ring[this.#cursor & (this.#ring.length - 1)] as number);
  }

  /** The offset to send with the transaction: one after the last message before the cursor. */
  nextOffset(): TopicPartitionOffset {
    if (this.#cursor === this.#head) throw bug('An empty prefix has no offset.');
    const slot = this.#ring[(this.#cursor - 1) & (this.#ring.length - 1)] as number;
    const { offset } = this.#table.message[slot] as SourceMessage;
    const { topic, partition, metadata } = this;
    return { topic, partition, offset: offset + 1, ...(metadata !== undefined && { metadata }) };
  }

  /** The transaction succeeded: frees the slots before the cursor. */
  commit(): void {
    if (this.#cursor === this.#head) return;
    const next = this.nextOffset().offset;
    if (next <= this.#committedOffset) throw bug('A committed offset went back.');
    this.#committedOffset = next;
    const mask = this.#ring.length - 1;
    for (; this.#head < this.#cursor; this.#head++)
      this.#table.release(this.#ring[this.#head & mask] as number);
  }

  /** The transaction was rolled back: the next one sends the same results. */
  abort(): void {
    this.#cursor = this.#head;
  }

  /** The partition is gone: drops everything that is not committed. */
  release(): void {
    if (this.inTransaction) throw bug('A partition was released in the middle of its transaction.');
    this.#state = 'released';
    const mask = this.#ring.length - 1;
    for (; this.#head < this.#tail; this.#head++) this.#table.drop(this.#ring[this.#head & mask] as number);
    this.#cursor = this.#tail;
  }

  #standsAlone(slot: number): boolean {
    const { offset } = this.#table.message[slot] as SourceMessage;
    return markOf(this.marks, offset)?.phase === 'publish';
  }

  #grow(): void {
    const larger = new Int32Array(this.#ring.length * 2);
    const mask = this.#ring.length - 1;
    for (let at = this.#head; at < this.#tail; at++) {
      larger[at & (larger.length - 1)] = this.#ring[at & mask] as number;
    }
    this.#ring = larger;
  }
}
