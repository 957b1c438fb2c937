import type { IdWindow } from './id-window.ts';
import type { ConsumerClient } from '../clients.ts';
import type { Budget } from './poll-loop.ts';
import type { OffsetLedger } from './offset-ledger.ts';
import { isReplay } from '../dead-letter.ts';
import type { Decoder } from '../decode/decoder.ts';
import { bug } from '../errors.ts';
import type { Counters } from '../metrics/counters.ts';
import { Outcome, type Priority, priorityOf, SlotState, type SlotTable } from '../slots.ts';
import type { SourceMessage } from '../types.ts';
import type { Assignments } from './assignments.ts';
import type { Decrypter } from './decrypter.ts';
import { ReadAhead, type ReadAheadOptions } from './read-ahead.ts';

/** Where decoded rows wait to be classified. */
export interface WaitingRows {
  /** Messages waiting. */
  readonly queued: number;
  add(slot: number, priority: Priority): void;
}

export interface IntakeOptions {
  readonly table: SlotTable;
  readonly decoder: Pick<Decoder, 'decode' | 'hashIds'>;
  /** Decrypts what the decoder left encrypted; undefined: such requests fail. */
  readonly decrypter?: Pick<Decrypter, 'decrypt'> | undefined;
  /** Ids seen before, with `dedup: id`. */
  readonly idWindow: IdWindow | undefined;
  readonly waiting: WaitingRows;
  readonly assignments: Assignments;
  readonly counters: Counters;
  /** `count` messages are in; 0 when a reservation was given back. */
  readonly onTaken: (count: number) => void;
  /** Index into `errorTypes` of a native decode status. */
  readonly errorTypeOf: (status: number) => number;
  /** Most messages of one poll. */
  readonly pollMax: number;
  /** Messages waiting for inference at which polling stops: at least, at most. */
  readonly readAhead: ReadAheadOptions;
  readonly bytesMax: number;
  /** Slots kept back for the message that a poll can still bring while a partition is being paused. */
  readonly slack: number;
}

/** Less room than this part of all is not worth a poll: wait until there is more. */
const WORTHWHILE_SHARE = 2;

/** From a poll to waiting rows: one slot for each message, one native call for all of them. */
export class Intake implements Budget {
  readonly #options: IntakeOptions;
  readonly #slots: Int32Array;
  readonly #values: (Buffer | null)[] = [];
  readonly #ledgers: OffsetLedger[] = [];
  readonly #priorities: Uint8Array;
  readonly #hashes: Uint32Array;
  readonly #readAhead: ReadAhead;
  #reserved = 0;

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#readAhead = new ReadAhead(options.readAhead);
    this.#slots = new Int32Array(options.pollMax);
    this.#priorities = new Uint8Array(options.pollMax);
    this.#hashes = new Uint32Array(2 * options.pollMax);
  }

  /** Whether there is a backlog: half of what may wait for inference does, and it is not for want of slots. */
  get isBehind(): boolean {
    const { table, waiting } = this.#options;
    return waiting.queued > this.#readAhead.current / 2 && table.freeCount > table.capacity / 2;
  }

  /** Whether a poll is worth it. */
  get hasRoom(): boolean {
    return this.#free > 0 && this.#worthwhile > 0;
  }

  /** A fair share of the room that is left; see `Budget`. */
  reserve(serving: boolean): number {
    const { pollMax, assignments } = this.#options;
    const free = this.#free;
    if (free <= 0) return 0;
    const share = Math.ceil(this.#worthwhile / Math.max(1, assignments.readers));
    const room = Math.min(pollMax, free, serving ? Math.max(1, share) : share);
    this.#reserved += room;
    return room;
  }

  /** Slots that may be given out. */
  get #free(): number {
    const { table, bytesMax, slack } = this.#options;
    return table.bytes < bytesMax ? table.freeCount - slack - this.#reserved : 0;
  }

  /** Messages that should be read ahead and are not, or 0 while there are few of them. */
  get #worthwhile(): number {
    const { waiting, counters } = this.#options;
    const ahead = this.#readAhead.messages(counters.batchRows.sum, performance.now());
    const wanted = ahead - waiting.queued - this.#reserved;
    return wanted < ahead / WORTHWHILE_SHARE ? 0 : wanted;
  }

  /** Enters what a poll brought; messages of partitions that are being given back are left alone. */
  take(consumer: ConsumerClient, messages: readonly SourceMessage[], reserved: number): void {
    const { table, assignments, counters } = this.#options;
    this.#reserved -= reserved;
    const now = performance.now();
    let ledger: OffsetLedger | undefined;
    let count = 0;
    for (const message of messages) {
      if (ledger?.partition !== message.partition || ledger.topic !== message.topic) {
        ledger = assignments.find(consumer, message.topic, message.partition);
      }
      if (ledger === undefined || ledger.draining) continue;
      if (!ledger.isNew(message.offset)) {
        counters.messagesDuplicate++;
        continue;
      }
      const slot = table.take(message, now);
      if (slot < 0) throw bug('A poll brought more messages than there was room for.');
      ledger.push(slot, message.offset);
      ledger.urgency = 2;
      this.#ledgers[count] = ledger;
      this.#slots[count] = slot;
      this.#values[count++] = message.value;
    }
    counters.messagesConsumed += count;
    if (count > 0) this.#decode(count);
    this.#options.onTaken(count);
  }

  #decode(count: number): void {
    const { table, decoder, decrypter, waiting, counters, errorTypeOf, idWindow } = this.#options;
    const startedAt = performance.now();
    const decoded = decoder.decode(this.#values, this.#slots, count);
    if (decoded < count) decrypter?.decrypt(this.#values, this.#slots, count);
    if (idWindow !== undefined) this.#markDuplicates(idWindow, count);
    this.#prioritize(count);
    for (let i = 0; i < count; i++) {
      const slot = this.#slots[i] as number;
      this.#values[i] = null; // the slot's message is the only reference that stays
      const status = table.status[slot] as number;
      if (table.outcome[slot] === Outcome.duplicate) {
        table.state[slot] = SlotState.done;
        continue;
      }
      if (status === 0) {
        waiting.add(slot, this.#priorities[i] as Priority);
        continue;
      }
      table.errorType[slot] = errorTypeOf(status);
      table.outcome[slot] = Outcome.deadLetter;
      table.state[slot] = SlotState.done;
    }
    counters.stage.decode.record(performance.now() - startedAt);
  }

  /** A request whose id came before is passed over: its offset is committed, it has no result of its own. */
  #markDuplicates(window: IdWindow, count: number): void {
    const { table, decoder, counters } = this.#options;
    const nowS = Math.floor(performance.now() / 1_000);
    decoder.hashIds(this.#slots, count, this.#hashes);
    for (let i = 0; i < count; i++) {
      const slot = this.#slots[i] as number;
      const low = this.#hashes[2 * i] as number;
      const high = this.#hashes[2 * i + 1] as number;
      if (table.status[slot] !== 0 || (low === 0 && high === 0)) continue;
      const message = table.message[slot] as SourceMessage;
      if (isReplay(message)) continue; // it is meant to be processed again
      const { topic, partition, offset } = message;
      if (!window.isDuplicate(low, high, topic, partition, offset, nowS)) continue;
      table.outcome[slot] = Outcome.duplicate;
      counters.messagesDuplicate++;
    }
  }

  /**
   * Order inside a partition is kept, so an urgent message is no faster than those before it: they get
   * its priority. Between partitions priority then decides.
   */
  #prioritize(count: number): void {
    const { flags } = this.#options.table;
    for (let i = count - 1; i >= 0; i--) {
      const ledger = this.#ledgers[i] as OffsetLedger;
      const own = priorityOf(flags[this.#slots[i] as number] as number);
      if (own < ledger.urgency) ledger.urgency = own;
      this.#priorities[i] = ledger.urgency;
    }
    this.#ledgers.length = 0;
  }
}
