import { setTimeout as sleep } from 'node:timers/promises';
import type { AcknowledgedClient } from '../clients.ts';
import { KubesentimentError } from '../errors.ts';
import type { OutgoingRecord } from '../types.ts';
import { rdkafka, rdkafkaCode } from './codes.ts';
import { CALL_TIMEOUT_MS, ProducerConnection, type ProducerOptions } from './producer-connection.ts';

const REPORT_WAIT_MS = 1;

/** A producer without transactions, idempotent where its properties say so. */
export class AcknowledgedProducer implements AcknowledgedClient {
  readonly #connection: ProducerConnection;
  #unacknowledged = 0;
  /** Why a record was not delivered, since the last `flush`. */
  #deliveryError: { readonly reason: unknown; readonly topic: string | undefined } | undefined;

  constructor(options: ProducerOptions) {
    this.#connection = new ProducerConnection(options, {
      onReport: (error, report) => {
        this.#unacknowledged--;
        if (error) this.#deliveryError = { reason: error, topic: report?.topic };
      },
      onFatalEvent: options.onFatal,
    });
  }

  async connect(): Promise<void> {
    await this.#connection.open();
    await this.#connection.readPartitions();
  }

  produce(record: OutgoingRecord): boolean {
    try {
      const isQueued = this.#connection.produce(record);
      if (isQueued) this.#unacknowledged++;
      return isQueued;
    } catch (error) {
      throw this.#connection.sort(error, `Producing to ${record.topic}`);
    }
  }

  get unacknowledged(): number {
    return this.#unacknowledged;
  }

  /** A client that hangs is not replaced: nobody knows what it has sent. */
  async flush(): Promise<void> {
    const doing = 'Flushing the producer';
    const error = await this.#connection.answer(doing, (raw, done) => raw.flush(CALL_TIMEOUT_MS, done));
    if (error !== undefined) throw this.#connection.sort(error, doing);
    // The reports arrive on the event loop a little after librdkafka has them.
    while (this.#unacknowledged > 0) {
      this.#connection.raw.poll();
      await sleep(REPORT_WAIT_MS);
    }
    const failure = this.#deliveryError;
    this.#deliveryError = undefined;
    if (failure !== undefined) throw this.#deliveryFailure(failure.reason, failure.topic);
  }

  /** A topic may take later what it refuses now. Only a client that says it cannot go on is the end. */
  #deliveryFailure(reason: unknown, topic: string | undefined): KubesentimentError {
    const known = this.#connection.sort(reason, 'Delivering a record', topic);
    if (known.code !== 'KS_KAFKA_FATAL' || rdkafkaCode(reason) === rdkafka.fatal) return known;
    return new KubesentimentError('KS_KAFKA_RETRIABLE', known.message, { cause: reason });
  }

  partitionCount(topic: string): number {
    return this.#connection.partitionCount(topic);
  }

  ping(): Promise<void> {
    return this.#connection.ping();
  }

  disconnect(): Promise<void> {
    return this.#connection.close();
  }
}
