import rdkafkaModule from 'node-rdkafka';
import type { ConsumerClient, ProducerClient } from '../clients.ts';
import { type KubesentimentError, bug } from '../errors.ts';
import type { MessageHeader, OutgoingRecord, TopicPartitionOffset } from '../types.ts';
import { connectClient, makeClient, waitForTopic } from './connect.ts';
import type { RdkafkaConsumer } from './consumer.ts';
import { Refusals } from './handshake.ts';
import { withDeadline } from './deadline.ts';
import { fromRdkafka, rdkafka, rdkafkaCode } from './errors.ts';

const { Producer } = rdkafkaModule;
type Callback = (error: unknown) => void;

const CALL_TIMEOUT_MS = 15_000;
/** Beyond the call's own timeout: librdkafka can ignore it while the coordinator is down (5456). */
const WATCHDOG_MS = 120_000;
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
}

/** One producer, transactional or idempotent. Calls are made one after the other by the publisher. */
export class RdkafkaProducer implements ProducerClient {
  readonly #raw: InstanceType<typeof Producer>;
  readonly #options: ProducerOptions;
  readonly #partitions = new Map<string, number>();
  readonly #refusals = new Refusals();
  #unacknowledged = 0;
  #deliveryError: unknown;

  constructor(options: ProducerOptions) {
    this.#options = options;
    // A transaction's commit fails when any record of it failed, so delivery reports are only needed without one.
    const properties = { ...options.properties, dr_cb: !options.transactional };
    this.#raw = makeClient(() => new Producer(properties as never, options.topicProperties as never));
    this.#raw.on('event.error', (error) => this.#onError(error));
    this.#raw.on('delivery-report', (error) => {
      this.#unacknowledged--;
      if (error) this.#deliveryError = error;
    });
  }

  async connect(): Promise<void> {
    await connectClient(this.#raw as never, this.#options.connectTimeoutMs, this.#options.onWarning);
    this.#raw.setPollInterval(100);
    for (const topic of this.#options.topics) {
      this.#partitions.set(topic, await waitForTopic(this.#raw as never, topic));
    }
    if (this.#options.transactional) {
      await this.#call('Taking over the transactional id', (done) =>
        this.#raw.initTransactions(CALL_TIMEOUT_MS, done),
      );
    }
  }

  begin(): Promise<void> {
    return this.#call('Beginning a transaction', (done) => this.#raw.beginTransaction(done));
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
      throw fromRdkafka(error, `Producing to ${record.topic}`);
    }
  }

  sendOffsets(consumer: ConsumerClient, offsets: readonly TopicPartitionOffset[]): Promise<void> {
    const raw = (consumer as RdkafkaConsumer).raw;
    return this.#call('Sending offsets to the transaction', (done) =>
      this.#raw.sendOffsetsToTransaction([...offsets], raw, CALL_TIMEOUT_MS, done),
    );
  }

  commit(): Promise<void> {
    return this.#call('Committing the transaction', (done) =>
      this.#raw.commitTransaction(CALL_TIMEOUT_MS, done),
    );
  }

  abort(): Promise<void> {
    return this.#call('Aborting the transaction', (done) =>
      this.#raw.abortTransaction(CALL_TIMEOUT_MS, done),
    );
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
    if (error !== undefined) throw fromRdkafka(error, 'Delivering a record');
  }

  partitionCount(topic: string): number {
    const count = this.#partitions.get(topic);
    if (count === undefined) throw bug(`The producer was not told about the topic "${topic}".`);
    return count;
  }

  async disconnect(): Promise<void> {
    const call = new Promise<void>((resolve) => {
      this.#raw.disconnect(5_000, () => resolve());
    });
    await withDeadline(call, CALL_TIMEOUT_MS, 'Closing the producer');
  }

  /** Calls of a transaction may be repeated until they succeed when librdkafka says so. */
  async #call(doing: string, call: (done: Callback) => unknown): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const once = new Promise<unknown>((resolve) => call((error) => resolve(error ?? undefined)));
      const error = await withDeadline(once, WATCHDOG_MS, doing);
      if (error === undefined) return;
      const known = fromRdkafka(error, doing);
      if (known.code !== 'KS_KAFKA_RETRIABLE' || attempt >= RETRIES_MAX) throw known;
      this.#options.onWarning(known);
      await new Promise((resolve) => setTimeout(resolve, Math.min(50 * attempt, 1_000)));
    }
  }

  #onError(error: unknown): void {
    const known = this.#refusals.add(error) ?? fromRdkafka(error, 'Producer');
    if (rdkafkaCode(error) === rdkafka.fatal || known.code === 'KS_NOT_AUTHORIZED')
      this.#options.onFatal(known);
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
