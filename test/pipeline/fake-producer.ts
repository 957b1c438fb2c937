import { setTimeout as sleep } from 'node:timers/promises';
import type { ConsumerClient, ProducerClient } from '../../src/clients.ts';
import { type ErrorCode, KubesentimentError } from '../../src/errors.ts';
import type { OutgoingRecord, TopicPartitionOffset } from '../../src/types.ts';
import type { FakeBroker, OpenTransaction } from './fake-broker.ts';
import { type FakeConsumer, fenced, never } from './fake-consumer.ts';

export type ProducerCall = 'begin' | 'produce' | 'sendOffsets' | 'commit' | 'abort' | 'flush';
/**
 * `full` is for `produce` only. `expired`: the coordinator has ended the transaction by itself, and only a new
 * producer helps. `unheard`, for `commit`: the same, but only after the commit went through. `denied`: no right.
 */
export type Fault = 'none' | 'abort' | 'full' | 'fatal' | 'denied' | 'expired' | 'unheard';
/** Decides at each call of the producer whether it fails, and how. */
export type Faults = (call: ProducerCall) => Fault;

export interface FakeProducerOptions {
  readonly broker: FakeBroker;
  /** Topic whose offsets go with the transactions. */
  readonly source: string;
  readonly transactional: boolean;
  readonly faults?: Faults;
  /** How long a call takes. */
  readonly latencyMs?: () => number;
}

/**
 * A producer that is as strict as librdkafka: calls in the wrong order are fatal, and so is anything but an
 * abort after a failure. Without transactions what was produced is visible after `flush`, the first half of
 * it even when that fails.
 */
export class FakeProducer implements ProducerClient {
  readonly #options: FakeProducerOptions;
  #open: OpenTransaction | undefined;
  #mustAbort = false;
  /** Only `abort` helps, which makes a new producer. */
  #hasExpired = false;
  #queue: OutgoingRecord[] = [];
  isDead = false;
  /** New producers in the place of expired ones. */
  renewals = 0;

  constructor(options: FakeProducerOptions) {
    this.#options = options;
  }

  async connect(): Promise<void> {}

  async begin(): Promise<void> {
    await this.#call('begin');
    if (this.#open !== undefined) throw erroneous('begin');
    this.#open = { records: [], offsets: [] };
    this.#options.broker.transactions.add(this.#open);
  }

  produce(record: OutgoingRecord): boolean {
    const fault = this.#options.faults?.('produce') ?? 'none';
    if (fault === 'full') return false;
    if (this.#options.transactional && (this.#open === undefined || this.#mustAbort))
      throw erroneous('produce');
    if (fault !== 'none') throw this.#failure('produce', fault);
    const copy = { ...record, value: record.value === null ? null : Buffer.from(record.value) };
    (this.#open?.records ?? this.#queue).push(copy);
    return true;
  }

  async sendOffsets(consumer: ConsumerClient, offsets: readonly TopicPartitionOffset[]): Promise<void> {
    await this.#call('sendOffsets');
    if (this.#open === undefined || this.#mustAbort) throw erroneous('sendOffsets');
    if (!this.#options.broker.knows(consumer as FakeConsumer)) {
      this.#mustAbort = true;
      throw fenced();
    }
    this.#open.offsets.push(...offsets);
  }

  async commit(): Promise<void> {
    const fault = await this.#call('commit');
    if (this.#open === undefined || this.#mustAbort) throw erroneous('commit');
    this.#options.broker.commitTransaction(this.#open, this.#options.source);
    this.#open = undefined;
    if (fault === 'unheard') throw this.#failure('commit', 'expired');
  }

  async abort(): Promise<void> {
    const hadExpired = this.#hasExpired;
    await this.#call('abort');
    this.renewals += hadExpired ? 1 : 0;
    this.#hasExpired = false;
    this.#drop();
  }

  async flush(): Promise<void> {
    const queue = this.#queue;
    this.#queue = [];
    try {
      await this.#call('flush');
    } catch (error) {
      for (const record of queue.slice(0, queue.length >> 1)) this.#options.broker.publish(record);
      throw error;
    }
    for (const record of queue) this.#options.broker.publish(record);
  }

  async ping(): Promise<void> {}

  partitionCount(topic: string): number {
    return this.#options.broker.partitions(topic).length;
  }

  async disconnect(): Promise<void> {}

  /** The process is gone; the broker aborts what it left open. */
  die(): void {
    this.isDead = true;
    this.#drop();
  }

  #drop(): void {
    if (this.#open !== undefined) this.#options.broker.transactions.delete(this.#open);
    this.#open = undefined;
    this.#mustAbort = false;
  }

  async #call(call: ProducerCall): Promise<Fault> {
    await sleep(this.#options.latencyMs?.() ?? 0);
    if (this.isDead) return never();
    const fault = this.#options.faults?.(call) ?? 'none';
    if (this.#hasExpired && call !== 'abort') throw erroneous(call);
    if (fault !== 'none' && fault !== 'unheard') throw this.#failure(call, fault);
    return fault;
  }

  #failure(call: ProducerCall, fault: Fault): KubesentimentError {
    if (fault === 'expired') {
      this.#hasExpired = true;
      this.#drop(); // the broker has done so
    } else if (this.#open !== undefined) this.#mustAbort = true;
    return new KubesentimentError(codes[fault] ?? 'KS_KAFKA_ABORTABLE', `${call} failed on purpose.`);
  }
}

const codes: Partial<Record<Fault, ErrorCode>> = {
  fatal: 'KS_KAFKA_FATAL',
  denied: 'KS_NOT_AUTHORIZED',
  expired: 'KS_PRODUCER_EXPIRED',
};

function erroneous(call: string): KubesentimentError {
  return new KubesentimentError('KS_KAFKA_FATAL', `${call}: Erroneous state.`);
}
