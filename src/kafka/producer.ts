import rdkafkaModule from 'node-rdkafka';
import type { ConsumerClient, ProducerClient } from '../clients.ts';
import { KubesentimentError } from '../errors.ts';
import type { MessageHeader, OutgoingRecord, TopicPartitionOffset } from '../types.ts';
import { connectClient, makeClient, readMetadata } from './connect.ts';
import type { RdkafkaConsumer } from './consumer.ts';
import { Refusals } from './handshake.ts';
import { withDeadline } from './deadline.ts';
import { fromRdkafka, rdkafka, rdkafkaCode } from './errors.ts';
import { PartitionCounts } from './partition-counts.ts';
import { TransactionClock } from './transaction-clock.ts';

const { Producer } = rdkafkaModule;
type Callback = (error: unknown) => void;
export type RawProducer = InstanceType<typeof Producer>;

const CALL_TIMEOUT_MS = 15_000;
/** Beyond the call's own timeout: librdkafka can ignore it after the coordinator was away (5456). */
const HANG_MS = 30_000;
/** Each client that hangs keeps a thread of the libuv pool. */
const HANGS_MAX = 3;
const RETRIES_MAX = 100;
/** No bytes, at an address: node-rdkafka takes an empty buffer without one for null. */
const EMPTY = Buffer.from(' ').subarray(0, 0);

export interface ProducerOptions {
  readonly transactional: boolean;
  readonly properties: Record<string, string | number | boolean>;
  readonly topicProperties: Record<string, string | number | boolean>;
  /** Topics it will write to; must exist (or be created by the broker) at `connect`. */
  readonly topics: readonly string[];
  readonly onWarning: (error: KubesentimentError) => void;
  readonly onFatal: (error: Error) => void;
  readonly connectTimeoutMs: number;
  /** Whether another process can have the transactional id. Default: yes. */
  readonly idIsShared?: boolean;
  /** For tests: after how long a call hangs. */
  readonly hangMs?: number;
  /** For tests: makes the client. */
  readonly create?: (properties: object, topicProperties: object) => RawProducer;
}

/** Of librdkafka. */
const TRANSACTION_TIMEOUT_MS = 60_000;

/** One producer, transactional or idempotent. Calls are made one after the other by the publisher. */
export class RdkafkaProducer implements ProducerClient {
  #raw: RawProducer;
  readonly #clock: TransactionClock;
  readonly #options: ProducerOptions;
  readonly #partitions = new PartitionCounts();
  readonly #refusals = new Refusals();
  #unacknowledged = 0;
  #deliveryError: unknown;
  /** Fenced by the coordinator's own abort, or hanging: only a new producer can go on. */
  #hasExpired = false;
  /** Whether the client is in a call that gives no answer, and how many clients have been. */
  #isHanging = false;
  #hangs = 0;
  #isOpen = false;

  constructor(options: ProducerOptions) {
    this.#options = options;
    this.#clock = new TransactionClock({
      timeoutMs: Number(options.properties['transaction.timeout.ms'] ?? TRANSACTION_TIMEOUT_MS),
      isShared: options.idIsShared ?? true,
    });
    this.#raw = this.#make();
  }

  async connect(): Promise<void> {
    await this.#open();
    await this.#partitions.read(this.#raw as never, this.#options.topics);
    if (this.#options.transactional) await this.#takeOver();
  }

  async ping(): Promise<void> {
    await readMetadata(this.#raw as never, this.#options.topics[0]);
  }

  async begin(): Promise<void> {
    this.#clock.begin();
    await this.#call('Beginning a transaction', (done) => this.#raw.beginTransaction(done));
    this.#isOpen = true;
  }

  /**
   * node-rdkafka turns header values into C strings: what follows a NUL byte is lost, bytes that are not
   * UTF-8 are replaced, and null would become the word "null", so it becomes an empty value here.
   */
  produce(record: OutgoingRecord): boolean {
    const partition = record.partition < 0 ? null : record.partition;
    try {
      this.#raw.produce(
        record.topic,
        partition,
        notNull(record.value),
        notNull(record.key),
        undefined,
        undefined,
        withoutNulls(record.headers) as never,
      );
      this.#unacknowledged++;
      return true;
    } catch (error) {
      if (rdkafkaCode(error) === rdkafka.queueFull) return false;
      const known = this.#sort(error, `Producing to ${record.topic}`);
      const isOver = rdkafkaCode(error) === rdkafka.state || rdkafkaCode(error) === rdkafka.fatal;
      if (!isOver || !this.#options.transactional) throw known;
      // librdkafka has noticed meanwhile that the transaction cannot go on; the abort gets to know why.
      throw new KubesentimentError('KS_KAFKA_ABORTABLE', known.message, { cause: error });
    }
  }

  async sendOffsets(consumer: ConsumerClient, offsets: readonly TopicPartitionOffset[]): Promise<void> {
    const raw = (consumer as RdkafkaConsumer).raw;
    const send = () =>
      this.#call('Sending offsets to the transaction', (done) =>
        this.#raw.sendOffsetsToTransaction([...offsets], raw, CALL_TIMEOUT_MS, done),
      );
    try {
      await send();
    } catch (error) {
      if (rdkafkaCode((error as KubesentimentError).cause) !== rdkafka.state) throw error;
      await send(); // a record has failed during the call; asked again, librdkafka says why
    }
  }

  async commit(): Promise<void> {
    await this.#call('Committing the transaction', (done) =>
      this.#raw.commitTransaction(CALL_TIMEOUT_MS, done),
    );
    this.#isOpen = false;
  }

  async abort(): Promise<void> {
    if (this.#hasExpired) return this.#renew();
    if (!this.#isOpen) return;
    try {
      await this.#call('Aborting the transaction', (done) =>
        this.#raw.abortTransaction(CALL_TIMEOUT_MS, done),
      );
    } catch (error) {
      if (!this.#hasExpired) throw error;
      this.#options.onWarning(error as KubesentimentError);
      return this.#renew();
    }
    this.#isOpen = false;
  }

  async flush(): Promise<void> {
    await this.#call('Flushing the producer', (done) => this.#raw.flush(CALL_TIMEOUT_MS, done));
    // The reports arrive on the event loop a little after librdkafka has them.
    while (this.#unacknowledged > 0) {
      this.#raw.poll();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const error = this.#deliveryError;
    this.#deliveryError = undefined;
    if (error !== undefined) throw this.#sort(error, 'Delivering a record');
  }

  partitionCount(topic: string): number {
    return this.#partitions.of(topic);
  }

  async disconnect(): Promise<void> {
    this.#clock.close();
    // A client that never came so far, or failed on the way, has nothing to close, and would say so.
    if (!this.#raw.isConnected()) return;
    const call = new Promise<void>((resolve) => {
      this.#raw.disconnect(5_000, () => resolve());
    });
    await withDeadline(call, CALL_TIMEOUT_MS, 'Closing the producer');
  }

  /** Calls of a transaction may be repeated until they succeed when librdkafka says so. */
  async #call(doing: string, call: (done: Callback) => unknown): Promise<void> {
    const { hangMs = HANG_MS, onWarning } = this.#options;
    const startedAt = performance.now();
    for (let attempt = 1; ; attempt++) {
      const once = new Promise<unknown>((resolve) => call((error) => resolve(error ?? undefined)));
      const error = await this.#watch(once, doing);
      if (error === undefined) return;
      const known = this.#sort(error, doing);
      if (known.code !== 'KS_KAFKA_RETRIABLE' || attempt >= RETRIES_MAX) throw known;
      onWarning(known);
      if (performance.now() - startedAt > hangMs && (await this.#isStuck())) throw this.#expire(known);
      await new Promise((resolve) => setTimeout(resolve, Math.min(50 * attempt, 1_000)));
    }
  }

  /** After the coordinator was away librdkafka can wait without end for what a broker would answer at once. */
  async #isStuck(): Promise<boolean> {
    if (!this.#options.transactional) return false;
    return this.ping().then(
      () => true,
      () => false,
    );
  }

  #expire({ message, cause }: KubesentimentError): KubesentimentError {
    this.#hasExpired = true;
    return new KubesentimentError('KS_PRODUCER_EXPIRED', message, { cause });
  }

  /**
   * The answer of a call. A client that gives none is left behind: under the same transactional id the next one ends
   * its transaction, and fences it should it ever come back.
   */
  async #watch(call: Promise<unknown>, doing: string): Promise<unknown> {
    const { transactional, hangMs = HANG_MS } = this.#options;
    const isReplaceable = transactional && this.#hangs < HANGS_MAX;
    const code = isReplaceable ? 'KS_PRODUCER_EXPIRED' : 'KS_KAFKA_FATAL';
    try {
      return await withDeadline(call, hangMs, doing, code);
    } catch (error) {
      this.#hasExpired = isReplaceable;
      this.#hangs++;
      this.#isHanging = true;
      throw error;
    }
  }

  #make(): RawProducer {
    const { properties, topicProperties, transactional } = this.#options;
    // A transaction's commit fails when any record of it failed, so delivery reports are only needed without one.
    const all = { ...properties, dr_cb: !transactional };
    const { create = (global, topic) => new Producer(global as never, topic as never) } = this.#options;
    const raw = makeClient(() => create(all, topicProperties));
    raw.on('event.error', (error) => this.#onError(error));
    raw.on('delivery-report', (error) => {
      this.#unacknowledged--;
      if (error) this.#deliveryError = error;
    });
    return raw;
  }

  async #open(): Promise<void> {
    await connectClient(this.#raw as never, this.#options.connectTimeoutMs, this.#options.onWarning);
    this.#raw.setPollInterval(100);
  }

  #takeOver(): Promise<void> {
    return this.#call('Taking over the transactional id', (done) =>
      this.#raw.initTransactions(CALL_TIMEOUT_MS, done),
    );
  }

  /** A new client under the same transactional id, with a newer epoch. The old one cannot do anything any more. */
  async #renew(): Promise<void> {
    const old = this.#raw;
    this.#raw = this.#make();
    old.removeAllListeners('event.error');
    // One that hangs would only keep another thread.
    if (old.isConnected() && !this.#isHanging) old.disconnect(0, () => undefined);
    this.#isHanging = false;
    await this.#open();
    await this.#takeOver();
    this.#hasExpired = false;
    this.#isOpen = false;
  }

  #sort(error: unknown, doing: string): KubesentimentError {
    const known = fromRdkafka(error, doing);
    void this.#partitions.doubt(this.#raw as never, error);
    if (known.code === 'KS_PRODUCER_EXPIRED') this.#hasExpired = true;
    return known.code === 'KS_PRODUCER_FENCED' && this.#clock.hasExpired ? this.#expire(known) : known;
  }

  /** What befalls a transaction is told by its calls, so that it is dealt with once, in its place. */
  #onError(error: unknown): void {
    const known = this.#refusals.add(error) ?? fromRdkafka(error, 'Producer');
    const code = rdkafkaCode(error);
    const isFatal =
      code === rdkafka.fatal ? !this.#options.transactional : known.code === 'KS_NOT_AUTHORIZED';
    if (isFatal && code !== rdkafka.topicAuthorization) this.#options.onFatal(known);
    else this.#options.onWarning(known);
  }
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
