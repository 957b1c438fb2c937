import type { IdWindow } from './id-window.ts';
import type { ConsumerClient, Polled } from '../clients.ts';
import type { Budget } from './poll-loop.ts';
import type { OffsetLedger } from './offset-ledger.ts';
import { isReplay } from '../dead-letter.ts';
import { Decoder } from '../decode/decoder.ts';
import { bug } from '../errors.ts';
import type { InHand } from '../in-hand.ts';
import { isGivenUp, markOf, type StallMark } from '../stall-marks.ts';
import type { Signal } from '../signal.ts';
import type { Counters } from '../metrics/counters.ts';
import type { RetryTopics } from '../retry-topics.ts';
import type { Priority, SlotTable } from '../slots.ts';
import type { SourceMessage } from '../types.ts';
import type { Assignments } from './assignments.ts';
import type { Attached } from '../decode/attached.ts';
import type { Schemas } from '../registry/schemas.ts';
import type { Decrypter } from './decrypter.ts';
import { countOn } from './attempts.ts';
import { prioritize } from './priorities.ts';
import { PollShapes, type ShapeSettings } from './poll-shapes.ts';
import { ReadAhead, type ReadAheadOptions } from './read-ahead.ts';
import { type SchemaWaiter, SchemaWaiters } from './schema-waiters.ts';
import type { WaitingRows } from './waiting-rows.ts';

export interface IntakeSettings extends ShapeSettings {
  /** Maximum number of messages in one poll. */
  readonly pollMax: number;
  /** Bounds for the number of messages waiting for inference at which polling stops. */
  readonly readAhead: ReadAheadOptions;
  /** Bytes of message values at which polling stops. */
  readonly bytesMax: number;
  /** Slots reserved for the message that a poll can still return while a partition is being paused. */
  readonly slack: number;
}

export interface IntakeParts {
  readonly table: SlotTable;
  readonly decoder: Pick<Decoder, 'decode' | 'hashIds' | 'errorTypeOf'>;
  /** Decrypts what the decoder left encrypted; if undefined, such requests fail. */
  readonly decrypter?: Pick<Decrypter, 'decrypt'> | undefined;
  /** What belongs to requests and is not in their values, if anything does. */
  readonly attached?: Attached | undefined;
  /** The schemas of values that have one. */
  readonly schemas?: Schemas | undefined;
  /** Where failed messages wait, if they do. */
  readonly retries?: Pick<RetryTopics, 'asRequest' | 'find'> | undefined;
  /** Ids seen before, with `dedup: id`. */
  readonly idWindow?: IdWindow | undefined;
  readonly assignments: Assignments;
  readonly rows: WaitingRows;
  readonly counters: Counters;
  /** For the watchdog: the messages that are being decoded. */
  readonly inHand?: InHand | undefined;
  /** Notified when a reservation was not used up. */
  readonly room: Signal;
  /** Notified when messages are finished, here because they were rejected. */
  readonly finished: Signal;
}

/** With less than this share of the room free, a poll is not worth it: wait until there is more. */
const WORTHWHILE_SHARE = 2;
/** Attempts are counted in a byte. */
const ATTEMPTS_MAX = 255;

/** Turns a poll into waiting rows: one slot per message, one native call for all of them. */
export class Intake implements Budget {
  readonly #settings: IntakeSettings;
  readonly #parts: IntakeParts;
  readonly #slots: Int32Array;
  readonly #values: (Buffer | null)[] = [];
  /** The partitions of what is about to be decoded, and for each message the index of its partition. */
  readonly #ledgers: OffsetLedger[] = [];
  readonly #firstOffsets: number[] = [];
  readonly #shapes: PollShapes;
  readonly #ledgerOf: Uint16Array;
  readonly #priorities: Uint8Array;
  readonly #hashes: Uint32Array;
  readonly #readAhead: ReadAhead;
  readonly #deleted = Decoder.deletedStatus;
  readonly #schemaWanted = Decoder.schemaStatus.wanted;
  readonly #waiters: SchemaWaiters | undefined;
  #reserved = 0;

  constructor(settings: IntakeSettings, parts: IntakeParts) {
    const { pollMax } = settings;
    this.#settings = settings;
    this.#parts = parts;
    this.#readAhead = new ReadAhead(settings.readAhead);
    this.#slots = new Int32Array(pollMax);
    this.#ledgerOf = new Uint16Array(pollMax);
    this.#priorities = new Uint8Array(pollMax);
    this.#shapes = new PollShapes(settings, pollMax);
    this.#hashes = new Uint32Array(2 * pollMax);
    const { table, schemas } = parts;
    const resume = this.#resume.bind(this);
    this.#waiters = schemas && new SchemaWaiters({ table, schemas, countMax: pollMax, resume });
  }

  /** Call when all partitions have been given back. */
  close(): void {
    this.#waiters?.close();
  }

  get waitingForSchema(): number {
    return this.#waiters?.count ?? 0;
  }

  /** A fair share of the remaining room; see `Budget`. */
  reserve(serving: boolean): number {
    const { assignments } = this.#parts;
    const free = this.#free;
    if (free <= 0) return 0;
    const share = Math.ceil(this.#worthwhile() / Math.max(1, assignments.readers));
    const room = Math.min(this.#settings.pollMax, free, serving ? Math.max(1, share) : share);
    this.#reserved += room;
    return room;
  }

  /** Slots that may be taken. */
  get #free(): number {
    const { table } = this.#parts;
    const { bytesMax, slack } = this.#settings;
    return table.bytes < bytesMax ? table.freeCount - slack - this.#reserved : 0;
  }

  /** How many more messages should be read ahead, or 0 while that is only a few. */
  #worthwhile(): number {
    const { rows, counters } = this.#parts;
    this.#readAhead.observe(counters.batchRows.sum, performance.now());
    const ahead = this.#readAhead.messages;
    const wanted = ahead - rows.queued - this.waitingForSchema - this.#reserved;
    return wanted < ahead / WORTHWHILE_SHARE ? 0 : wanted;
  }

  /** Enters what a poll brought; what belongs to partitions being given back is ignored. */
  take(consumer: ConsumerClient, { messages, ends }: Polled, reserved: number): void {
    const { table, assignments, counters, rows, room, finished } = this.#parts;
    this.#reserved -= reserved;
    const now = performance.now();
    let ledger: OffsetLedger | undefined;
    let place = -1;
    let entered = 0;
    let decoded = 0;
    let retries: IntakeParts['retries'];
    for (const message of messages) {
      if (ledger?.partition !== message.partition || ledger.topic !== message.topic) {
        ledger = assignments.find(consumer, message.topic, message.partition);
        place = ledger === undefined ? -1 : this.#place(ledger, message.offset);
        retries = this.#parts.retries?.find(message.topic) && this.#parts.retries;
      }
      if (ledger === undefined || !ledger.isHeld) continue;
      if (!ledger.isNew(message.offset)) {
        ledger.doubt();
        consumer.doubt(ledger);
        continue;
      }
      const request = retries?.asRequest(message) ?? message;
      const slot = table.take(request, now);
      if (slot < 0) throw bug('A poll brought more messages than there was room for.');
      if (request.putOff !== undefined) countOn(table, slot, request.putOff);
      const mark = ledger.marks.length === 0 ? undefined : markOf(ledger.marks, message.offset);
      if (mark !== undefined && entered > decoded) {
        this.#decode(entered - decoded); // the marked message comes alone
        decoded = entered;
        place = this.#place(ledger, message.offset);
      }
      ledger.push(slot, message.offset);
      this.#enter(entered - decoded, slot, request, place);
      entered++;
      if (mark === undefined) continue;
      if (isGivenUp(mark)) this.#giveUp(slot, mark);
      else this.#decode(1, true);
      decoded = entered;
      ledger = undefined;
    }
    for (const end of ends) assignments.find(consumer, end.topic, end.partition)?.reachEnd(end.offset);
    counters.messagesConsumed += entered;
    if (entered > decoded) this.#decode(entered - decoded);
    this.#ledgers.length = 0;
    room.notify(); // the unused part of the reservation
    if (entered === 0) return;
    rows.dispatch();
    finished.notify();
  }

  /** Their schema is there, or will not come. */
  #resume(waiters: readonly SchemaWaiter[], isMarked: boolean): void {
    for (const [i, { slot, ledger }] of waiters.entries()) {
      const { table } = this.#parts;
      const place = this.#place(ledger, table.placeOf(slot).offset);
      this.#enter(i, slot, table.message[slot] as SourceMessage, place);
    }
    this.#decode(waiters.length, isMarked);
    this.#parts.rows.dispatch();
    this.#parts.finished.notify();
  }

  #enter(at: number, slot: number, message: SourceMessage, place: number): void {
    this.#slots[at] = slot;
    this.#ledgerOf[at] = place;
    this.#values[at] = message.value;
    this.#parts.attached?.set(at, message, this.#shapes.at(place));
  }

  /** The event loop has stood still over this message, alone: nobody reads it again. */
  #giveUp(slot: number, { ends }: StallMark): void {
    const { table, decoder } = this.#parts;
    table.status[slot] = Decoder.stalledStatus;
    table.flags[slot] = 0;
    table.attempts[slot] = Math.min(ends, ATTEMPTS_MAX);
    table.reject(slot, decoder.errorTypeOf(Decoder.stalledStatus));
    this.#values[0] = null;
    this.#ledgers.length = 0;
  }

  #decode(count: number, isMarked = false): void {
    const { table, decoder, decrypter, rows, counters, idWindow, inHand, attached } = this.#parts;
    const startedAt = performance.now();
    inHand?.begin('decode');
    for (const [i, ledger] of this.#ledgers.entries()) {
      const first = this.#firstOffsets[i] as number;
      if (ledger.lastTakenOffset >= first) inHand?.add(ledger, first, ledger.lastTakenOffset);
    }
    const shapes = this.#shapes.of(this.#ledgerOf, count);
    const decoded = decoder.decode(this.#values, this.#slots, count, attached?.parts, shapes);
    if (decoded < count) decrypter?.decrypt(this.#values, this.#slots, count);
    if (decoded < count) this.#passOverTombstones(count);
    if (idWindow !== undefined) this.#markDuplicates(idWindow, count);
    const partitions = this.#ledgers.length;
    prioritize(
      { slots: this.#slots, places: this.#ledgerOf, count, partitions },
      table.flags,
      this.#priorities,
    );
    for (let i = 0; i < count; i++) {
      const slot = this.#slots[i] as number;
      this.#values[i] = null; // only the slot's message keeps a reference
      const status = table.status[slot] as number;
      if (table.isPassedOver(slot)) continue;
      if (status === this.#schemaWanted && this.#waiters !== undefined) {
        const ledger = this.#ledgers[this.#ledgerOf[i] as number] as OffsetLedger;
        this.#waiters.add({ slot, ledger, isMarked });
        continue;
      }
      if (status !== 0) table.reject(slot, decoder.errorTypeOf(status));
      else if (isMarked) rows.addAlone(slot);
      else rows.add(slot, this.#priorities[i] as Priority);
    }
    this.#ledgers.length = 0;
    attached?.clear();
    inHand?.end();
    counters.stage.decode.record(performance.now() - startedAt);
  }

  /** A record without a value, or an event, says that something was deleted: there is nothing to classify. */
  #passOverTombstones(count: number): void {
    const { table, counters } = this.#parts;
    for (let i = 0; i < count; i++) {
      const slot = this.#slots[i] as number;
      if (!this.#shapes.skipsTombstones(this.#ledgerOf[i] as number)) continue;
      if (this.#values[i] !== null && table.status[slot] !== this.#deleted) continue;
      table.passOver(slot);
      counters.tombstones++;
    }
  }

  /** A request whose id was seen before is skipped: its offset is committed, but it gets no result. */
  #markDuplicates(window: IdWindow, count: number): void {
    const { table, decoder, counters } = this.#parts;
    const nowS = Math.floor(performance.now() / 1_000);
    decoder.hashIds(this.#slots, count, this.#hashes);
    for (let i = 0; i < count; i++) {
      const slot = this.#slots[i] as number;
      const low = this.#hashes[2 * i] as number;
      const high = this.#hashes[2 * i + 1] as number;
      if (table.status[slot] !== 0 || (low === 0 && high === 0)) continue;
      const message = table.message[slot] as SourceMessage;
      if (isReplay(message)) continue; // meant to be processed again
      const { topic, partition, offset } = message;
      if (!window.isDuplicate(low, high, topic, partition, offset, nowS)) continue;
      table.passOver(slot);
      counters.messagesDuplicate++;
    }
  }

  #place(ledger: OffsetLedger, offset: number): number {
    const place = this.#ledgers.indexOf(ledger);
    if (place >= 0) return place;
    this.#firstOffsets[this.#ledgers.length] = offset;
    this.#shapes.note(this.#ledgers.length, ledger.topic);
    return this.#ledgers.push(ledger) - 1;
  }
}
