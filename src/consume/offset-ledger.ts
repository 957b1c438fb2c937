import type { AssignedPartition, UnreadableBatch } from '../clients.ts';
import { withResetAt } from '../commit-text.ts';
import { bug } from '../errors.ts';
import { markOf, type StallMark } from '../stall-marks.ts';
import type { SlotTable } from '../slots.ts';
import type { PartitionState } from './partition-state.ts';
import { Standstill } from './standstill.ts';
import type { ReadPlace, TopicPartition, TopicPartitionOffset } from '../types.ts';

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
 * A ledger lives for one assignment, or until the partition has another log. Then a new one follows it, which publishes
 * nothing before the old one is done, and the old one commits no more offsets: they would be those of the new log.
 */
export class OffsetLedger implements TopicPartition {
  readonly topic: string;
  readonly partition: number;
  /** Goes with every committed offset. */
  #metadata: string | undefined;
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
  /** What the group had committed when the partition was assigned. */
  readonly #resumedAt: number;
  /** The end of the partition when it was last reached: everything before it has been taken. */
  #end = -1;
  /** What the running transaction commits; -1 without one. */
  #sentOffset = -1;
  #state: PartitionState = 'held';
  #isSuperseded = false;
  /** No offset before this one is new. */
  #next: number;
  /** That of the log before this one, until it is done. */
  #predecessor: OffsetLedger | undefined;
  readonly #standstill = new Standstill();

  constructor(
    table: SlotTable,
    assigned: AssignedPartition,
    consumerIndex: number,
    predecessor?: OffsetLedger,
  ) {
    this.#table = table;
    this.topic = assigned.topic;
    this.partition = assigned.partition;
    this.#metadata = assigned.metadata;
    this.marks = assigned.marks ?? [];
    this.#committedOffset = assigned.start ?? -1;
    this.#next = assigned.position ?? assigned.start ?? 0;
    this.#predecessor = predecessor;
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
    return this.#mayBeHeld || this.#state === 'draining';
  }

  get #mayBeHeld(): boolean {
    return this.#state === 'held' || this.#state === 'doubted';
  }

  /** Takes no messages until it is trusted again: the partition may have another log. */
  doubt(): void {
    if (this.#state === 'held') this.#state = 'doubted';
  }

  /** The log is the same. */
  trust(): void {
    if (this.#state === 'doubted') this.#state = 'held';
  }

  /** Takes no more messages; those in flight are finished. */
  giveBack(): void {
    if (this.#mayBeHeld) this.#state = 'draining';
  }

  /** The partition has another log. What is in flight is finished, and its offsets are not committed. */
  supersede(): void {
    this.giveBack();
    this.#isSuperseded = true;
  }

  get isSuperseded(): boolean {
    return this.#isSuperseded;
  }

  /** Goes with every committed offset. */
  get metadata(): string | undefined {
    return this.#metadata;
  }

  /** Records were deleted before they were read. */
  skip({ metadata }: AssignedPartition): void {
    this.#metadata = metadata;
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

  /** The first offset that is new. */
  get next(): number {
    return this.#next;
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
  get oldest(): ReadPlace | undefined {
    return this.span === 0 ? undefined : this.#placeOf(this.#head);
  }

  /** The partition cannot be read beyond this batch; said again and again for as long as that is so. */
  standsAt(batch: UnreadableBatch): void {
    this.#standstill.add(batch);
  }

  get unreadable(): UnreadableBatch | undefined {
    return this.#standstill.batch;
  }

  /** False if this offset was already passed in this log. */
  isNew(offset: number): boolean {
    return offset >= this.#next;
  }

  push(slot: number, offset: number): void {
    if (!this.isHeld) throw bug(`Offset ${offset} was entered into a partition that is ${this.#state}.`);
    if (!this.isNew(offset)) throw bug(`Offset ${offset} was entered twice.`);
    this.#lastTakenOffset = offset;
    this.#next = offset + 1;
    this.#standstill.passed(offset);
    if (this.span === this.#ring.length) this.#grow();
    this.#ring[this.#tail++ & (this.#ring.length - 1)] = slot;
  }

  /** The partition has no more records before `offset` than were pushed: the next one comes at it or later. */
  reachEnd(offset: number): void {
    if (this.isHeld) this.#end = Math.max(this.#end, offset);
  }

  /** Whether nothing is in flight, and the end of the partition lies behind the group's offset. */
  get hasBareEnd(): boolean {
    if (this.span > 0 || !this.isOurs || this.#isSuperseded || this.#isWaiting) return false;
    return this.#end > this.committedOffset;
  }

  /**
   * Moves the cursor over the finished prefix, at most `max` messages, writes their slots to
   * `out` from `at`, and returns how many there were. None are needed to move the group's offset to the end of the
   * partition: see `inTransaction`. One that may make the event loop stand still when it is written comes alone.
   */
  takeFinished(out: Int32Array, at: number, max: number): number {
    if (this.#isWaiting) return 0;
    const mask = this.#ring.length - 1;
    const end = Math.min(this.#tail, this.#cursor + Math.min(max, out.length - at));
    let count = 0;
    while (this.#cursor < end) {
      const slot = this.#ring[this.#cursor & mask] as number;
      if (!this.#table.isFinished(slot)) break;
      const isAlone = this.marks.length > 0 && this.#standsAlone(this.#cursor);
      if (isAlone && count > 0) break;
      out[at + count++] = slot;
      this.#cursor++;
      if (isAlone) break;
    }
    if (this.#cursor !== this.#head) this.#sentOffset = this.#offsetAfterCursor();
    else if (this.hasBareEnd) this.#sentOffset = this.#end;
    return count;
  }

  /** Whether `takeFinished` would return anything. */
  get hasFinished(): boolean {
    if (this.#cursor === this.#tail || this.#isWaiting) return false;
    return this.#table.isFinished(this.#ring[this.#cursor & (this.#ring.length - 1)] as number);
  }

  /** Whether results of the log before this one are still to be published. From then on all are of this log. */
  get #isWaiting(): boolean {
    if (this.#predecessor === undefined) return false;
    if (this.#predecessor.span > 0) return true;
    this.#predecessor = undefined;
    this.#metadata = withResetAt(this.#metadata, Date.now());
    return false;
  }

  /** The offset to send with the transaction. */
  nextOffset(): TopicPartitionOffset {
    if (!this.inTransaction) throw bug('An empty prefix has no offset.');
    const { topic, partition, metadata } = this;
    return { topic, partition, offset: this.#sentOffset, ...(metadata !== undefined && { metadata }) };
  }

  /** One after the last message before the cursor, or the end if no message lies between. */
  #offsetAfterCursor(): number {
    const { offset } = this.#placeOf(this.#cursor - 1);
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

  #standsAlone(position: number): boolean {
    return markOf(this.marks, this.#placeOf(position).offset)?.phase === 'publish';
  }

  #placeOf(position: number): ReadPlace {
    return this.#table.placeOf(this.#ring[position & (this.#ring.length - 1)] as number);
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
