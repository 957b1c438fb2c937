import type { ProducerClient } from '../clients.ts';
import { type MessagePart, partBytes } from '../dead-letter.ts';
import type { Decoder, EncodedResults } from '../decode/decoder.ts';
import type { DeadLetterQueue } from './dead-letter-queue.ts';
import type { RetryTopic, RetryTopics } from '../retry-topics.ts';
import type { SlotTable } from '../slots.ts';
import type { MessageHeader, OutgoingRecord, SourceMessage, TopicPartition } from '../types.ts';
import { Carried, type CarriedOptions } from './carried.ts';
import { explain, failureOf, retryTopicOf } from './failure.ts';
import { largestPart } from './parts.ts';
import { PutOffQueue } from './put-off-queue.ts';

/** How the results of one edition of the model are written. */
export interface ResultWriter {
  readonly decoder: Pick<Decoder, 'encodeResults'>;
  /** By the number of a label: the topic of its results, where that is another one. */
  readonly routes?: readonly (string | undefined)[];
  /** By the number of a label: the schema of its results, where they have one. */
  readonly schemaIds?: Uint32Array | undefined;
}

export interface RecordsOptions {
  readonly table: SlotTable;
  /** By `SlotTable.edition`. */
  readonly writerOf: (edition: number) => ResultWriter;
  readonly producer: Pick<ProducerClient, 'partitionCount'>;
  readonly resultsTopic: string;
  /** The group that writes them. */
  readonly group: string;
  /** What results take along. Default: all headers. */
  readonly carried?: CarriedOptions;
  /** Where messages wait whose failure may pass; if undefined, they become dead letters at once. */
  readonly retries?: RetryTopics | undefined;
  /** If undefined, dead letters are counted but not written. */
  readonly deadLetters: DeadLetterQueue | undefined;
  /** What a value looks like that could not be read; a sentence for its dead letter. */
  readonly recognize?: (message: SourceMessage) => string | undefined;
  /** Whether a dead letter may contain the value of a message with this decode status; default: always. */
  readonly keepsValue?: (status: number) => boolean;
  /** Maximum number of slots per call. */
  readonly slotsMax: number;
}

/** So long values as large as one that was refused are left out at once; then the topic may take them again. */
const REMEMBERED_MS = 60_000;
/** A result that takes less along is not refused because of that. */
const LARGE_CARRIED_BYTES = 1024;
const nothing: ReadonlySet<MessagePart> = new Set();
const headersOnly: ReadonlySet<MessagePart> = new Set(['headers']);

/** Turns finished slots into records to publish: results and dead letters, in source order. */
export class Records {
  readonly #options: RecordsOptions;
  readonly #slots: Int32Array;
  readonly #offsets: Float64Array;
  readonly #latencyMs: Float64Array;
  readonly #carried: Carried;
  readonly #putOff: PutOffQueue;
  /** Values, where results are added to them. */
  readonly #requests: (Buffer | null)[] = [];
  #valueBytesMax = Number.POSITIVE_INFINITY;
  #refusedAt = 0;
  /** What the results and dead letters of these messages are written without. */
  readonly #omitted = new WeakMap<SourceMessage, ReadonlySet<MessagePart>>();
  /** Whether any result was ever written without headers: most services need not look. */
  #omitsHeaders = false;
  #lastSlot = -1;

  constructor(options: RecordsOptions) {
    this.#options = options;
    this.#slots = new Int32Array(options.slotsMax);
    this.#offsets = new Float64Array(options.slotsMax);
    this.#latencyMs = new Float64Array(options.slotsMax);
    this.#carried = new Carried(options.group, options.carried);
    this.#putOff = new PutOffQueue(options);
  }

  /** The longest value that a dead letter may have. */
  #maxFor(keepsValue: boolean): number {
    if (!keepsValue) return 0;
    if (performance.now() - this.#refusedAt > REMEMBERED_MS) this.#valueBytesMax = Number.POSITIVE_INFINITY;
    return this.#valueBytesMax;
  }

  /** Of the record that was handed out last. */
  get lastSlot(): number {
    return this.#lastSlot;
  }

  /**
   * The record of this slot, alone, is too large for its topic: a result loses its headers and then becomes a dead
   * letter, as does a message that was to be put off. Of a dead letter the largest part is left out. False if there is
   * nothing to leave out: the request is not the reason.
   */
  reduce(slot: number): boolean {
    const { table } = this.#options;
    const message = table.message[slot] as SourceMessage;
    if (table.isResult(slot)) return this.#reduceResult(slot, message);
    const omitted = this.#omitted.get(message) ?? nothing;
    if (table.isDeadLetter(slot) && this.#retryTopicOf(slot) !== undefined) {
      this.#options.retries?.refuse(message);
      return true;
    }
    const part = table.isDeadLetter(slot) ? largestPart(message, omitted) : undefined;
    if (part === undefined) return false;
    if (part === 'value') this.#remember(message.value?.length ?? 0);
    this.#omitted.set(message, new Set([...omitted, part]));
    return true;
  }

  /** A topic refuses the timestamps of requests: for a while results are without. False if they were already. */
  leaveOutTimestamps(): boolean {
    return this.#carried.leaveOutTimestamps();
  }

  #reduceResult(slot: number, message: SourceMessage): boolean {
    const rest = partBytes(message, 'key') + (this.#carried.hasValue ? message.size : 0);
    const headers = this.#omitted.has(message) ? 0 : this.#carried.headerBytesOf(message);
    const isLarge = headers + rest >= LARGE_CARRIED_BYTES;
    if (isLarge && headers > 0) {
      this.#omitted.set(message, headersOnly);
      this.#omitsHeaders = true;
    } else {
      this.#omitted.delete(message); // they are not the reason
      if (isLarge) this.#options.table.refuse(slot);
    }
    return isLarge;
  }

  #remember(valueBytes: number): void {
    this.#valueBytesMax = Math.min(this.#valueBytesMax, valueBytes - 1);
    this.#refusedAt = performance.now();
  }

  /**
   * Records of `count` slots of one partition. The values live in a pooled buffer: produce them before the next call.
   */
  *of(source: TopicPartition, slots: Int32Array, count: number): Generator<OutgoingRecord> {
    const { table, retries } = this.#options;
    const arePutOff = retries?.find(source.topic) !== undefined;
    let results = 0;
    for (let i = 0; i < count; i++) {
      const slot = slots[i] as number;
      if (table.isResult(slot)) this.#slots[results++] = slot;
      else if (table.isDeadLetter(slot)) {
        this.#lastSlot = slot;
        const record = this.#ofFailure(slot);
        if (record !== undefined) yield record;
      }
    }
    for (let from = 0, to = 0; from < results; from = to) {
      // A partition of a retry topic has requests of several others.
      const place = arePutOff ? this.#message(this.#slots[from] as number) : source;
      while (to < results && (!arePutOff || this.#isOf(place, to))) to++;
      yield* this.#results(place, this.#slots.subarray(from, to));
    }
  }

  /** What a message that has failed is written as: put off, or as a dead letter; undefined: not at all. */
  #ofFailure(slot: number): OutgoingRecord | undefined {
    const { table, deadLetters, recognize, keepsValue = () => true } = this.#options;
    const message = this.#message(slot);
    const failure = failureOf(table, slot);
    const retryTopic = this.#retryTopicOf(slot);
    if (retryTopic !== undefined) return this.#putOff.toRecord(message, failure, retryTopic);
    return deadLetters?.toRecord(
      message,
      explain(failure, message, recognize),
      this.#maxFor(keepsValue(table.status[slot] as number)),
      this.#omitted.get(message),
    );
  }

  #retryTopicOf(slot: number): RetryTopic | undefined {
    const { retries, table } = this.#options;
    return retryTopicOf(retries, table, slot);
  }

  #message(slot: number): SourceMessage {
    return this.#options.table.message[slot] as SourceMessage;
  }

  /** Whether a result is that of a request from this partition. */
  #isOf({ topic, partition }: TopicPartition, at: number): boolean {
    const message = this.#message(this.#slots[at] as number);
    return message.partition === partition && message.topic === topic;
  }

  /** The results of each edition of the model are encoded together, and come out in the order of `slots`. */
  *#results(source: TopicPartition, slots: Int32Array): Generator<OutgoingRecord> {
    const { table, writerOf } = this.#options;
    const written = new Map<number, Written>();
    let edition = -1;
    let from: Written | undefined;
    for (const slot of slots) {
      if (from === undefined || table.edition[slot] !== edition) {
        edition = table.edition[slot] as number;
        from =
          written.get(edition) ?? this.#write(source, this.#ofEdition(slots, edition), writerOf(edition));
        written.set(edition, from);
      }
      const { topic, keyless } = from.routed[table.label[slot] as number] ?? from.usual;
      const message = this.#message(slot);
      const { key } = message;
      const timestamp = this.#carried.timestampOf(message);
      const start = from.position;
      from.position = from.ends[from.next++] as number;
      this.#lastSlot = slot;
      yield {
        topic,
        partition: key == null ? keyless : -1,
        value: from.bytes.subarray(start, from.position),
        key: key ?? null,
        headers: this.#headersOf(message),
        ...(timestamp === undefined ? {} : { timestamp }),
      };
    }
  }

  #ofEdition(slots: Int32Array, number: number): Int32Array {
    const { edition } = this.#options.table;
    return slots.every((slot) => edition[slot] === number)
      ? slots
      : slots.filter((slot) => edition[slot] === number);
  }

  /** The bytes are those of the decoder, until it encodes again. */
  #write(source: TopicPartition, slots: Int32Array, writer: ResultWriter): Written {
    const { table, resultsTopic } = this.#options;
    const { decoder, routes = [], schemaIds } = writer;
    const now = performance.now();
    for (const [i, slot] of slots.entries()) {
      const { offset, value } = table.message[slot] as SourceMessage;
      this.#offsets[i] = offset;
      if (this.#carried.hasValue) this.#requests[i] = value;
      this.#latencyMs[i] = now - (table.takenAt[slot] as number);
    }
    const encoded = decoder.encodeResults(
      source,
      slots,
      slots.length,
      this.#offsets,
      this.#latencyMs,
      Date.now(),
      this.#requests,
      schemaIds,
    );
    this.#requests.length = 0;
    const usual = this.#destination(resultsTopic, source);
    const routed = routes.map((topic) => (topic === undefined ? usual : this.#destination(topic, source)));
    return { ...encoded, usual, routed, position: 0, next: 0 };
  }

  #headersOf(message: SourceMessage): MessageHeader[] {
    return this.#omitsHeaders && this.#omitted.has(message)
      ? this.#carried.headersWithout(message)
      : this.#carried.headersOf(message);
  }

  /** Without a key the source partition decides, so the order within it is kept. */
  #destination(topic: string, { partition }: TopicPartition): Destination {
    return { topic, keyless: partition % this.#options.producer.partitionCount(topic) };
  }
}

/** Results of one edition of the model, of which the first `next` have been handed out. */
interface Written extends EncodedResults {
  /** By the number of a label. */
  readonly routed: readonly Destination[];
  readonly usual: Destination;
  position: number;
  next: number;
}

/** Where results go that come from one partition. */
interface Destination {
  readonly topic: string;
  /** The partition of those without a key. */
  readonly keyless: number;
}
