import Kafka, { type TopicPartitionOffset } from 'node-rdkafka';
import { uniqueName } from '../helpers/kafka-broker.ts';

const TIMEOUT_MS = 30_000;

/** A transaction on the offsets of a group, of a producer that has nothing to do with it. */
export class ForeignTransaction {
  readonly #producer: Kafka.Producer;

  private constructor(producer: Kafka.Producer) {
    this.#producer = producer;
  }

  /** The broker aborts it when it has been open for `timeoutMs` and the broker looks. */
  static async open(
    bootstrapServers: string,
    group: string,
    offsets: TopicPartitionOffset[],
    timeoutMs = TIMEOUT_MS,
  ): Promise<ForeignTransaction> {
    const common = { 'bootstrap.servers': bootstrapServers, log_level: 0 };
    // Names the group, and is no member of it.
    const consumer = new Kafka.KafkaConsumer({ ...common, 'group.id': group }, {});
    const producer = new Kafka.Producer({
      ...common,
      'transactional.id': uniqueName('foreign'),
      'transaction.timeout.ms': timeoutMs,
    });
    consumer.on('event.error', () => undefined);
    producer.on('event.error', () => undefined);
    const transaction = new ForeignTransaction(producer);
    try {
      await call((done) => consumer.connect({ timeout: TIMEOUT_MS }, done));
      await call((done) => producer.connect({ timeout: TIMEOUT_MS }, done));
      await call((done) => producer.initTransactions(TIMEOUT_MS, done));
      await call((done) => producer.beginTransaction(done));
      await call((done) => producer.sendOffsetsToTransaction(offsets, consumer, TIMEOUT_MS, done));
      return transaction;
    } catch (error) {
      await transaction.leave();
      throw error;
    } finally {
      await call((done) => consumer.disconnect(() => done()));
    }
  }

  async commit(): Promise<void> {
    await call((done) => this.#producer.commitTransaction(TIMEOUT_MS, done));
    await this.leave();
  }

  async abort(): Promise<void> {
    await call((done) => this.#producer.abortTransaction(TIMEOUT_MS, done));
    await this.leave();
  }

  /** Ends the producer and not the transaction, as a process does that is killed. */
  async leave(): Promise<void> {
    await call((done) => this.#producer.disconnect(() => done()));
  }
}

function call(start: (done: (error?: unknown) => void) => unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    start((error) => (error ? reject(error) : resolve()));
  });
}
