import type { Producer } from 'node-rdkafka';
import type { ErrorCode, KubesentimentError } from '../errors.ts';
import type { MessageHeader, OutgoingRecord } from '../types.ts';
import { CallsInFlight } from './calls-in-flight.ts';
import { connectClient, makeClient, readMetadata } from './connect.ts';
import { withDeadline } from './deadline.ts';
import { rdkafka, rdkafkaCode } from './codes.ts';
import { fromRdkafka } from './errors.ts';
import { FatalReason } from './fatal-reason.ts';
import { Refusals } from './handshake.ts';
import { PartitionCounts } from './partition-counts.ts';
import { isPatched, loadRdkafka } from './rdkafka-module.ts';

export type RawProducer = Producer;
export type RawCall = (raw: RawProducer, done: (error: unknown) => void) => unknown;

export interface ProducerOptions {
  readonly properties: Record<string, string | number | boolean>;
  readonly topicProperties: Record<string, string | number | boolean>;
  /** Topics it will write to; they must exist (or be created by the broker) at `connect`. */
  readonly topics: readonly string[];
  readonly onWarning: (error: KubesentimentError) => void;
  readonly onFatal: (error: Error) => void;
  readonly connectTimeoutMs: number;
  /** For tests: how long a call may take before it counts as hanging. */
  readonly hangMs?: number;
  /** For tests: makes the client. */
  readonly create?: (properties: object, topicProperties: object) => RawProducer;
}

/** Where the two kinds of producers differ. */
export interface ProducerHooks {
  /** Called for each record that was acknowledged or failed. Without it there are no delivery reports. */
  readonly onReport?: (error: unknown, report?: { readonly topic: string }) => void;
  /** librdkafka says that it cannot go on. */
  readonly onFatalEvent: (error: KubesentimentError) => void;
}

/** Of librdkafka's own calls. */
export const CALL_TIMEOUT_MS = 15_000;
/** Beyond a call's own timeout: librdkafka can ignore it after the coordinator was away (5456). */
export const HANG_MS = 30_000;
const CLOSE_TIMEOUT_MS = 5_000;
const POLL_MS = 100;
/** No bytes, at an address: node-rdkafka takes an empty buffer without one for null. */
const EMPTY = Buffer.from(' ').subarray(0, 0);

/** A producer of node-rdkafka and its connection, as both kinds of producers need it. */
export class ProducerConnection {
  readonly #options: ProducerOptions;
  readonly #hooks: ProducerHooks;
  readonly #partitions = new PartitionCounts();
  readonly #refusals = new Refusals();
  readonly #headersAreBytes = isPatched();
  #calls = new CallsInFlight();
  #raw: RawProducer;

  constructor(options: ProducerOptions, hooks: ProducerHooks) {
    this.#options = options;
    this.#hooks = hooks;
    this.#raw = this.#make();
  }

  /** The client itself. After `replace` it is another one. */
  get raw(): RawProducer {
    return this.#raw;
  }

  async open(timeoutMs: number = this.#options.connectTimeoutMs): Promise<void> {
    await connectClient(this.#raw as never, timeoutMs, this.#options.onWarning);
    this.#raw.setPollInterval(POLL_MS);
  }

  /** KS_TOPIC_MISSING */
  readPartitions(): Promise<void> {
    return this.#partitions.read(this.#raw as never, this.#options.topics);
  }

  partitionCount(topic: string): number {
    return this.#partitions.of(topic);
  }

  async ping(): Promise<void> {
    await readMetadata(this.#raw as never, this.#options.topics[0]);
  }

  /**
   * False when the queue is full; throws what librdkafka throws. Without our patch (ADR 0016) node-rdkafka turns header
   * values into C strings: what follows a NUL byte is lost, and null would become the word "null".
   */
  produce({ topic, partition, value, key, headers, timestamp }: OutgoingRecord): boolean {
    const place = partition < 0 ? null : partition;
    const named = (this.#headersAreBytes ? headers : withoutNulls(headers)) as never;
    try {
      this.#raw.produce(topic, place, notNull(value), notNull(key), timestamp, undefined, named);
      return true;
    } catch (error) {
      if (rdkafkaCode(error) === rdkafka.queueFull) return false;
      throw error;
    }
  }

  /** The error that a call was answered with, or undefined. Rejects with `code` when it hangs. */
  answer(doing: string, call: RawCall, code?: ErrorCode): Promise<unknown> {
    const once = this.#calls.during(
      () => new Promise<unknown>((resolve) => call(this.#raw, (error) => resolve(error ?? undefined))),
    );
    return withDeadline(once, this.#options.hangMs ?? HANG_MS, doing, code);
  }

  /** Also looks at the topics again where a changed topic may be the reason. */
  sort(error: unknown, doing: string, topic?: string): KubesentimentError {
    void this.#partitions.doubt(this.#raw as never, error);
    return fromRdkafka(error, doing, topic);
  }

  /** A new client in the place of the old one. One that hangs is left behind: closing it would hang too. */
  replace({ isHanging }: { readonly isHanging: boolean }): void {
    const old = this.#raw;
    this.#raw = this.#make();
    this.#calls = new CallsInFlight();
    old.removeAllListeners('event.error');
    if (old.isConnected() && !isHanging) closeRaw(old, () => undefined, 0);
  }

  /** Not under a call that hangs: when it has returned after all. */
  async close(): Promise<void> {
    // A client that never came so far, or failed on the way, has nothing to close, and would say so.
    if (!this.#raw.isConnected()) return;
    const raw = this.#raw;
    const call = this.#calls.end().then(() => new Promise<void>((resolve) => closeRaw(raw, resolve)));
    await withDeadline(call, CALL_TIMEOUT_MS, 'Closing the producer');
  }

  #make(): RawProducer {
    const { properties, topicProperties } = this.#options;
    const { onReport } = this.#hooks;
    const all = { ...properties, dr_cb: onReport !== undefined };
    const { create = (global, topic) => new (loadRdkafka().Producer)(global as never, topic as never) } =
      this.#options;
    const raw = makeClient(() => create(all, topicProperties));
    const fatalReason = new FatalReason(raw);
    raw.on('event.error', (error) => void this.#onError(error, fatalReason));
    if (onReport !== undefined) raw.on('delivery-report', onReport);
    return raw;
  }

  async #onError(error: unknown, fatalReason: FatalReason): Promise<void> {
    const { onFatal, onWarning } = this.#options;
    const known = this.#refusals.add(error) ?? fromRdkafka(error, 'Producer');
    const code = rdkafkaCode(error);
    if (code === rdkafka.fatal) this.#hooks.onFatalEvent(await fatalReason.explain('the producer'));
    // A topic that may not be written is waited for; any other missing right or a refused login is the end.
    else if (known.code === 'KS_NOT_AUTHORIZED' && code !== rdkafka.topicAuthorization) onFatal(known);
    else onWarning(known);
  }
}

/** Without our patch (ADR 0016) node-rdkafka goes on polling a client while a thread frees it. */
function closeRaw(raw: RawProducer, done: () => void, flushMs = CLOSE_TIMEOUT_MS): void {
  raw.setPollInterval(0);
  raw.disconnect(flushMs, () => done());
}

function notNull<T extends Buffer | string | null>(bytes: T): T | Buffer {
  return bytes?.length === 0 ? EMPTY : bytes;
}

function withoutNulls(headers: MessageHeader[]): MessageHeader[] {
  if (headers.length === 0) return headers;
  return headers.map((header) =>
    Object.fromEntries(Object.entries(header).map(([name, value]) => [name, value ?? ''])),
  );
}
