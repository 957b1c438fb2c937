import type { AssignedPartition } from '../clients.ts';
import { bug } from '../errors.ts';
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
 * again. Offsets may have gaps (transaction markers, compaction), so rely on their order, never on arithmetic. Where
 * the partition ends with such a gap, the group's offset moves behind it too, or it would seem to lag for ever.
 *
 * A ledger lives for one assignment. The next assignment of the same partition gets a new one.
 */
export class OffsetLedger implements TopicPartition {
  readonly topic: string;
  readonly partition: number;
  /** Goes with every committed offset. */
  readonly metadata: string | undefined;
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
  /** What the group had committed when the partition was assigned. */
  readonly #resumedAt: number;
  /** The end of the partition when it was last reached: everything before it has been taken. */
  #end = -1;
  /** What the running transaction commits; -1 without one. */
  #sentOffset = -1;
  #state: PartitionState = 'held';

  constructor(table: SlotTable, assigned: AssignedPartition, consumerIndex: number) {
    this.#table = table;
    this.topic = assigned.topic;
    this.partition = assigned.partition;
    this.metadata = assigned.metadata;
    this.#committedOffset = assigned.start ?? -1;
    this.#resumedAt = assigned.committed ?? -1;
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

  /** Whether messages, or the end, are in a transaction that is neither committed nor aborted yet. */
  get inTransaction(): boolean {
    return this.#sentOffset >= 0;
  }

  get lastTakenOffset(): number {
    return this.#lastTakenOffset;
  }

  /** The group's offset; -1 where it is not known before the first commit. */
  get committedOffset(): number {
    return this.#committedOffset < 0 ? this.#resumedAt : this.#committedOffset;
  }

  /** The offset of the first record that is not answered yet, or of the next one to come; -1 if not known. */
  get position(): number {
    return this.oldest?.offset ?? Math.max(this.#end, this.committedOffset);
  }

  /** The end of the partition when it was last reached, unless messages came after it; else -1. */
  get reachedEnd(): number {
    return this.#end > this.#lastTakenOffset ? this.#end : -1;
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

  /** The partition has no more records before `offset` than were pushed: the next one comes at it or later. */
  reachEnd(offset: number): void {
    if (this.isHeld) this.#end = Math.max(this.#end, offset);
  }

  /** Whether nothing is in flight, and the end of the partition lies behind the group's offset. */
  get hasBareEnd(): boolean {
    return this.span === 0 && this.isOurs && this.#end > this.committedOffset;
  }

  /**
   * Moves the cursor over the finished prefix, at most `max` messages, writes their slots to
   * `out` from `at`, and returns how many there were. None are needed to move the group's offset to the end of the
   * partition: see `inTransaction`.
   */
  takeFinished(out: Int32Array, at: number, max: number): number {
    const mask = this.#ring.length - 1;
    const end = Math.min(this.#tail, this.#cursor + Math.min(max, out.length - at));
    let count = 0;
    while (this.#cursor < end) {
      const slot = this.#ring[this.#cursor & mask] as number;
      if (!this.#table.isFinished(slot)) break;
      out[at + count++] = slot;
      this.#cursor++;
    }
    if (this.#cursor !== this.#head) this.#sentOffset = this.#offsetAfterCursor();
    else if (this.hasBareEnd) this.#sentOffset = this.#end;
    return count;
  }

  /** Whether `takeFinished` would return anything. */
  get hasFinished(): boolean {
    if (this.#cursor === this.#tail) return false;
    return this.#table.isFinished(this.#ring[this.#cursor & (this.#ring.length - 1)] as number);
  }

  /** The offset to send with the transaction. */
  nextOffset(): TopicPartitionOffset {
    if (!this.inTransaction) throw bug('An empty prefix has no offset.');
    const { topic, partition, metadata } = this;
    return { topic, partition, offset: this.#sentOffset, ...(metadata !== undefined && { metadata }) };
  }

  /** One after the last message before the cursor, or the end if no message lies between. */
  #offsetAfterCursor(): number {
    const slot = this.#ring[(this.#cursor - 1) & (this.#ring.length - 1)] as number;
    const { offset } = this.#table.message[slot] as SourceMessage;
    return this.#cursor === this.#tail ? Math.max(this.#end, offset + 1) : offset + 1;
  }

  /** The transaction succeeded: frees the slots before the cursor. */
  commit(): void {
    if (!this.inTransaction) return;
    if (this.#sentOffset <= this.#committedOffset) throw bug('A committed offset went back.');
    this.#committedOffset = this.#sentOffset;
    this.#sentOffset = -1;
    const mask = this.#ring.length - 1;
    for (; this.#head < this.#cursor; this.#head++)
      this.#table.release(this.#ring[this.#head & mask] as number);
  }

  /** The transaction was rolled back: the next one sends the same results. */
  abort(): void {
    this.#cursor = this.#head;
    this.#sentOffset = -1;
  }

  /** The partition is gone: drops everything that is not committed. */
  release(): void {
    if (this.inTransaction) throw bug('A partition was released in the middle of its transaction.');
    this.#state = 'released';
    const mask = this.#ring.length - 1;
    for (; this.#head < this.#tail; this.#head++) this.#table.drop(this.#ring[this.#head & mask] as number);
    this.#cursor = this.#tail;
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
