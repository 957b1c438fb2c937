import { setTimeout as sleep } from 'node:timers/promises';
import type { ProducerClient } from '../clients.ts';
import type { OffsetLedger } from '../consume/offset-ledger.ts';
import { KubesentimentError } from '../errors.ts';
import type { InHand } from '../in-hand.ts';
import type { OutgoingRecord } from '../types.ts';
import type { Records } from './records.ts';

export interface RecordSenderParts {
  readonly producer: Pick<ProducerClient, 'produce'>;
  readonly records: Pick<Records, 'lastSlot'>;
  /** What the main thread works on, for the watchdog. */
  readonly inHand?: InHand | undefined;
}

/** Yields to the event loop after this many records, so workers are fed meanwhile. */
const RECORDS_PER_TURN = 256;
const QUEUE_FULL_WAIT_MS = 2;

/** Hands the records of a cycle to the producer. */
export class RecordSender {
  readonly #parts: RecordSenderParts;
  #refusedSlot: number | undefined;
  #count = 0;

  constructor(parts: RecordSenderParts) {
    this.#parts = parts;
  }

  /** A new cycle. */
  begin(): void {
    this.#refusedSlot = undefined;
    this.#count = 0;
  }

  /** Records handed over in this cycle. */
  get count(): number {
    return this.#count;
  }

  /** Of the record that the producer itself refused in this cycle. */
  get refusedSlot(): number | undefined {
    return this.#refusedSlot;
  }

  async send(ledger: OffsetLedger, records: Iterable<OutgoingRecord>): Promise<void> {
    let sent = 0;
    this.#note(ledger);
    for (const record of records) {
      while (!this.#produce(record)) await this.#giveWay(ledger, sleep(QUEUE_FULL_WAIT_MS));
      if (++sent % RECORDS_PER_TURN === 0)
        await this.#giveWay(ledger, new Promise((resolve) => setImmediate(resolve)));
    }
    this.#count += sent;
    this.#parts.inHand?.end();
  }

  /** False when the queue is full. */
  #produce(record: OutgoingRecord): boolean {
    const { producer, records } = this.#parts;
    try {
      return producer.produce(record);
    } catch (error) {
      if (error instanceof KubesentimentError && error.code === 'KS_RECORD_TOO_LARGE')
        this.#refusedSlot = records.lastSlot;
      throw error;
    }
  }

  /** Others work meanwhile, and have something else in hand. */
  async #giveWay(ledger: OffsetLedger, turn: Promise<unknown>): Promise<void> {
    this.#parts.inHand?.end();
    await turn;
    this.#note(ledger);
  }

  /** The messages of a partition whose records are being written. */
  #note(ledger: OffsetLedger): void {
    const { inHand } = this.#parts;
    if (inHand === undefined || ledger.oldest === undefined) return;
    inHand.begin('publish');
    inHand.add(ledger, ledger.oldest.offset, ledger.nextOffset().offset - 1);
  }
}
