import { setTimeout as sleep } from 'node:timers/promises';
import type {
  AcknowledgedClient,
  ConsumerClient,
  ProducerClient,
  TransactionalClient,
} from '../../src/clients.ts';
import { type ErrorCode, KubesentimentError } from '../../src/errors.ts';
import type { OutgoingRecord, TopicPartitionOffset } from '../../src/types.ts';
import type { FakeBroker, OpenTransaction } from './fake-broker.ts';
import { type FakeConsumer, fenced, never } from './fake-consumer.ts';

export type ProducerCall = 'begin' | 'produce' | 'sendOffsets' | 'commit' | 'abort' | 'flush';
/**
 * `full` is for `produce` only. `expired`: the coordinator has ended the transaction by itself, and only a new
 * producer helps. `unheard`, for `commit`: the same, but after the commit succeeded. `denied`: a missing permission.
 */
export type Fault = 'none' | 'abort' | 'full' | 'fatal' | 'denied' | 'expired' | 'unheard';
/** Decides for each call to the producer whether it fails, and how. */
export type Faults = (call: ProducerCall) => Fault;

export interface FakeProducerOptions {
  readonly broker: FakeBroker;
  /** Topic whose offsets are committed with the transactions. */
  readonly source: string;
  readonly faults?: Faults;
  /** A record that its topic does not take: known at once (`producer`), or when the broker has it. */
  readonly refuses?: (record: OutgoingRecord) => 'producer' | 'broker' | undefined;
  /** How long a call takes. */
  readonly latencyMs?: () => number;
}

export type FakeProducer = FakeTransactionalProducer | FakeAcknowledgedProducer;

export function createFakeProducer(isTransactional: boolean, options: FakeProducerOptions): FakeProducer {
  return isTransactional ? new FakeTransactionalProducer(options) : new FakeAcknowledgedProducer(options);
}

/** Common to both kinds. The test decides about faults, call by call. */
abstract class FakeClient implements ProducerClient {
  protected readonly options: FakeProducerOptions;
  isDead = false;
  /** New producers that replaced expired ones. */
  renewals = 0;

  constructor(options: FakeProducerOptions) {
    this.options = options;
  }

  abstract produce(record: OutgoingRecord): boolean;

  async connect(): Promise<void> {}

  async ping(): Promise<void> {}

  partitionCount(topic: string): number {
    return this.options.broker.partitions(topic).length;
  }

  async disconnect(): Promise<void> {}

  /** The process dies. */
  die(): void {
    this.isDead = true;
  }

  /** Throws if the producer itself refuses it. */
  protected admit(record: OutgoingRecord): void {
    if (this.options.refuses?.(record) === 'producer') throw tooLarge();
  }

  /** Throws if the broker refuses one of them. */
  protected deliver(records: readonly OutgoingRecord[]): void {
    if (records.some((record) => this.options.refuses?.(record) !== undefined)) throw tooLarge();
  }

  protected faultOf(call: ProducerCall): Fault {
    return this.options.faults?.(call) ?? 'none';
  }

  /** The fault of a call that takes some time; never returns in a dead process. */
  protected async step(call: ProducerCall): Promise<Fault> {
    await sleep(this.options.latencyMs?.() ?? 0);
    return this.isDead ? never() : this.faultOf(call);
  }
}

type State = 'idle' | 'open' | 'failed' | 'expired';

/**
 * As strict as librdkafka: calls in the wrong order are fatal, and so is anything but an abort after a failure. Only
 * `abort` ends the state `expired`, by creating a new producer.
 */
export class FakeTransactionalProducer extends FakeClient implements TransactionalClient {
  #state: State = 'idle';
  #transaction: OpenTransaction = { records: [], offsets: [] };
  mayHaveCommitted = false;

  async begin(): Promise<void> {
    this.mayHaveCommitted = false;
    await this.#call('begin', 'idle');
    this.#state = 'open';
    this.#transaction = { records: [], offsets: [] };
    this.options.broker.transactions.add(this.#transaction);
  }

  produce(record: OutgoingRecord): boolean {
    const fault = this.faultOf('produce');
    if (fault === 'full') return false;
    if (this.#state !== 'open') throw erroneous('produce');
    if (fault !== 'none') throw this.#failure('produce', fault);
    this.#orFail(() => this.admit(record));
    this.#transaction.records.push(copyOf(record));
    return true;
  }

  async sendOffsets(consumer: ConsumerClient, offsets: readonly TopicPartitionOffset[]): Promise<void> {
    await this.#call('sendOffsets', 'open');
    if (!this.options.broker.knows(consumer as FakeConsumer)) {
      this.#state = 'failed';
      throw fenced();
    }
    this.#transaction.offsets.push(...offsets);
  }

  async commit(): Promise<void> {
    const fault = await this.#call('commit', 'open');
    this.#orFail(() => this.deliver(this.#transaction.records));
    this.options.broker.commitTransaction(this.#transaction, this.options.source);
    this.#state = 'idle';
    if (fault !== 'unheard') return;
    this.mayHaveCommitted = true;
    throw this.#failure('commit', 'expired');
  }

  async abort(): Promise<void> {
    const hadExpired = this.#state === 'expired';
    const fault = await this.step('abort');
    if (fault !== 'none') throw this.#failure('abort', fault);
    this.renewals += hadExpired ? 1 : 0;
    this.#drop();
    this.#state = 'idle';
  }

  /** The broker aborts what it left open. */
  override die(): void {
    super.die();
    this.#drop();
  }

  #drop(): void {
    this.options.broker.transactions.delete(this.#transaction);
  }

  async #call(call: ProducerCall, expected: State): Promise<Fault> {
    const fault = await this.step(call);
    if (this.#state !== expected) throw erroneous(call);
    if (fault !== 'none' && fault !== 'unheard') throw this.#failure(call, fault);
    return fault;
  }

  #orFail(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#state = 'failed';
      throw error;
    }
  }

  #failure(call: ProducerCall, fault: Fault): KubesentimentError {
    if (fault === 'expired') {
      this.#state = 'expired';
      this.#drop(); // the broker has done so
    } else if (this.#state === 'open') this.#state = 'failed';
    return failed(call, fault);
  }
}

/** Produced records are visible after `flush`; the first half of them even if it fails. */
export class FakeAcknowledgedProducer extends FakeClient implements AcknowledgedClient {
  #queue: OutgoingRecord[] = [];
  readonly unacknowledged = 0;

  produce(record: OutgoingRecord): boolean {
    const fault = this.faultOf('produce');
    if (fault === 'full') return false;
    if (fault !== 'none') throw failed('produce', fault);
    this.admit(record);
    this.#queue.push(copyOf(record));
    return true;
  }

  async flush(): Promise<void> {
    const queue = this.#queue;
    this.#queue = [];
    const fault = await this.step('flush');
    const taken = queue.filter((record) => this.options.refuses?.(record) === undefined);
    const written = fault === 'none' ? taken : taken.slice(0, taken.length >> 1);
    for (const record of written) this.options.broker.publish(record);
    if (fault !== 'none') throw failed('flush', fault);
    this.deliver(queue);
  }
}

const codes: Partial<Record<Fault, ErrorCode>> = {
  fatal: 'KS_KAFKA_FATAL',
  denied: 'KS_NOT_AUTHORIZED',
  expired: 'KS_PRODUCER_EXPIRED',
};

function failed(call: ProducerCall, fault: Fault): KubesentimentError {
  return new KubesentimentError(codes[fault] ?? 'KS_KAFKA_ABORTABLE', `${call} failed on purpose.`);
}

function tooLarge(): KubesentimentError {
  return new KubesentimentError('KS_RECORD_TOO_LARGE', 'A record was too large on purpose.');
}

function copyOf(record: OutgoingRecord): OutgoingRecord {
  return { ...record, value: record.value === null ? null : Buffer.from(record.value) };
}

function erroneous(call: string): KubesentimentError {
  return new KubesentimentError('KS_KAFKA_FATAL', `${call}: Erroneous state.`);
}
