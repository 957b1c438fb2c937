import { setTimeout as sleep } from 'node:timers/promises';
import type { ConsumerClient, TransactionalClient } from '../clients.ts';
import { KubesentimentError } from '../errors.ts';
import type { OutgoingRecord, TopicPartitionOffset } from '../types.ts';
import type { RdkafkaConsumer } from './consumer.ts';
import { rdkafka, rdkafkaCode } from './codes.ts';
import { withDeadline } from './deadline.ts';
import type { RdkafkaError } from './errors.ts';
import {
  CALL_TIMEOUT_MS,
  HANG_MS,
  ProducerConnection,
  type ProducerOptions,
  type RawCall,
} from './producer-connection.ts';
import { TransactionClock } from './transaction-clock.ts';

/**
 * A broker that was the group's coordinator when it was asked, and is not any more, can answer that it has offsets that
 * its successor never gets (KAFKA-20634). That takes as long as it takes to notice. Asked again, it knows.
 */
const SLOW_ANSWER_MS = 200;
/** Each client that hangs keeps a thread of the libuv pool. */
const HANGS_MAX = 3;
/** A client that no broker answers is given up after this many times `hangMs`: a new one may get an answer. */
const SILENT_HANGS = 3;
const RETRIES_MAX = 100;
/** How long a producer that closes may take to end its open transaction. */
const SUCCESSION_MS = 5_000;
/** Of librdkafka. */
const TRANSACTION_TIMEOUT_MS = 60_000;

export interface TransactionalOptions extends ProducerOptions {
  /** Whether another process can have the transactional id. Default: yes. */
  readonly idIsShared?: boolean;
}

/**
 *             begin           commit
 *     idle ──────────► open ──────────► idle
 *      ▲                 │ a call fails
 *      │      abort      ▼
 *      ├────────────── failed       the transaction cannot go on
 *      │
 *      │ abort, with a new client under the same id
 *      ├────────────── expired      the coordinator has ended the transaction by itself, or forgotten it
 *      └────────────── hanging      a call gives no answer; the client is left behind
 *
 *                      fenced       another process has the id; nothing leads out of here
 *
 * Any call can find out that the producer has expired, hangs or is fenced, `begin` and `abort` included.
 */
type State = 'idle' | 'open' | 'failed' | 'expired' | 'hanging' | 'fenced';

/** Records and offsets become visible together or not at all. Calls are made one after the other. */
export class TransactionalProducer implements TransactionalClient {
  readonly #options: TransactionalOptions;
  readonly #connection: ProducerConnection;
  readonly #clock: TransactionClock;
  #state: State = 'idle';
  #mayHaveCommitted = false;
  #isClosing = false;
  /** Clients that have been left behind. */
  #hangs = 0;

  constructor(options: TransactionalOptions) {
    this.#options = options;
    // What befalls a transaction is told by its calls, so that it is dealt with once, in its place. Delivery reports
    // are not needed either: the commit fails when any record has failed.
    this.#connection = new ProducerConnection(options, { onFatalEvent: options.onWarning });
    this.#clock = new TransactionClock({
      timeoutMs: Number(options.properties['transaction.timeout.ms'] ?? TRANSACTION_TIMEOUT_MS),
      isShared: options.idIsShared ?? true,
    });
  }

  async connect(): Promise<void> {
    await this.#connection.open();
    await this.#connection.readPartitions();
    await this.#takeOver();
  }

  async begin(): Promise<void> {
    this.#mayHaveCommitted = false;
    this.#clock.begin();
    await this.#call('Beginning a transaction', (raw, done) => raw.beginTransaction(done));
    this.#state = 'open';
  }

  produce(record: OutgoingRecord): boolean {
    try {
      return this.#connection.produce(record);
    } catch (error) {
      const known = this.#sort(error, `Producing to ${record.topic}`);
      if (this.#state === 'open') this.#state = 'failed';
      const isOver = rdkafkaCode(error) === rdkafka.state || rdkafkaCode(error) === rdkafka.fatal;
      // librdkafka has noticed meanwhile that the transaction cannot go on; the abort learns why.
      throw isOver ? new KubesentimentError('KS_KAFKA_ABORTABLE', known.message, { cause: error }) : known;
    }
  }

  async sendOffsets(consumer: ConsumerClient, offsets: readonly TopicPartitionOffset[]): Promise<void> {
    const { raw: member } = consumer as RdkafkaConsumer;
    const ask = () =>
      this.#call('Sending offsets to the transaction', (raw, done) =>
        raw.sendOffsetsToTransaction([...offsets], member, CALL_TIMEOUT_MS, done),
      );
    const send = async (): Promise<void> => {
      try {
        await ask();
      } catch (error) {
        if (rdkafkaCode((error as KubesentimentError).cause) !== rdkafka.state) throw error;
        await ask(); // a record has failed during the call; asked again, librdkafka says why
      }
    };
    await this.#orFail(async () => {
      const startedAt = performance.now();
      await send();
      if (performance.now() - startedAt > SLOW_ANSWER_MS) await send();
    });
  }

  async commit(): Promise<void> {
    try {
      await this.#orFail(() =>
        this.#call('Committing the transaction', (raw, done) => raw.commitTransaction(CALL_TIMEOUT_MS, done)),
      );
    } catch (error) {
      this.#mayHaveCommitted = mayHaveCommitted(error as KubesentimentError);
      throw error;
    }
    this.#state = 'idle';
  }

  get mayHaveCommitted(): boolean {
    return this.#mayHaveCommitted;
  }

  async abort(): Promise<void> {
    if (this.#isLost) return this.#renew();
    if (this.#state === 'idle') return;
    try {
      await this.#call('Aborting the transaction', (raw, done) =>
        raw.abortTransaction(CALL_TIMEOUT_MS, done),
      );
    } catch (error) {
      if (!this.#isLost) throw error;
      this.#options.onWarning(error as KubesentimentError);
      return this.#renew();
    }
    this.#state = 'idle';
  }

  partitionCount(topic: string): number {
    return this.#connection.partitionCount(topic);
  }

  ping(): Promise<void> {
    return this.#connection.ping();
  }

  /** A transaction that is still open is ended first, where a broker answers soon. */
  async disconnect(): Promise<void> {
    this.#clock.close();
    if (this.#hasOpenTransaction) {
      this.#isClosing = true;
      const ending = this.#renew(SUCCESSION_MS);
      await withDeadline(ending, SUCCESSION_MS, 'Ending the open transaction').catch(this.#options.onWarning);
    }
    await this.#connection.close();
  }

  /** For all that we know, at the broker. */
  get #hasOpenTransaction(): boolean {
    return this.#state !== 'idle' && this.#state !== 'fenced';
  }

  /** Only a new client can go on. */
  get #isLost(): boolean {
    return this.#state === 'expired' || this.#state === 'hanging';
  }

  /** Part of an open transaction. */
  async #orFail(step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      if (this.#state === 'open') this.#state = 'failed';
      throw error;
    }
  }

  /** Calls of a transaction are repeated until they succeed where librdkafka says that they may be. */
  async #call(doing: string, call: RawCall): Promise<void> {
    const { hangMs = HANG_MS, onWarning } = this.#options;
    const startedAt = performance.now();
    for (let attempt = 1; ; attempt++) {
      const error = await this.#answer(doing, call);
      if (error === undefined) return;
      const known = this.#sort(error, doing);
      if (known.code !== 'KS_KAFKA_RETRIABLE' || attempt >= RETRIES_MAX || this.#isClosing) throw known;
      onWarning(known);
      const waitedMs = performance.now() - startedAt;
      if (waitedMs > hangMs && (waitedMs > SILENT_HANGS * hangMs || (await this.#brokerAnswers())))
        throw this.#expire(known);
      await sleep(Math.min(50 * attempt, 1_000));
    }
  }

  /** A client that gives no answer is fenced by its successor, should it ever come back. */
  async #answer(doing: string, call: RawCall): Promise<unknown> {
    const code = this.#hangs < HANGS_MAX ? 'KS_PRODUCER_EXPIRED' : 'KS_KAFKA_FATAL';
    try {
      return await this.#connection.answer(doing, call, code);
    } catch (error) {
      this.#hangs++;
      this.#state = 'hanging';
      throw error;
    }
  }

  /**
   * After the coordinator was away librdkafka can wait without end for what a broker would answer at once. A client
   * whose connections are all in that state cannot ask either: it is replaced after `SILENT_HANGS` such waits.
   */
  #brokerAnswers(): Promise<boolean> {
    return this.ping().then(
      () => true,
      () => false,
    );
  }

  #sort(error: unknown, doing: string): KubesentimentError {
    const known = this.#connection.sort(error, doing);
    if (known.code === 'KS_PRODUCER_EXPIRED') this.#state = 'expired';
    if (known.code !== 'KS_PRODUCER_FENCED') return known;
    if (this.#clock.hasExpired) return this.#expire(known);
    this.#state = 'fenced';
    return known;
  }

  #expire({ message, cause }: KubesentimentError): KubesentimentError {
    this.#state = 'expired';
    return new KubesentimentError('KS_PRODUCER_EXPIRED', message, { cause });
  }

  #takeOver(timeoutMs: number = CALL_TIMEOUT_MS): Promise<void> {
    return this.#call('Taking over the transactional id', (raw, done) =>
      raw.initTransactions(timeoutMs, done),
    );
  }

  /** A new client under the same transactional id, with a newer epoch. The old one cannot do anything any more. */
  async #renew(timeoutMs?: number): Promise<void> {
    this.#connection.replace({ isHanging: this.#state === 'hanging' });
    this.#state = 'expired'; // until the new one has taken over
    await this.#connection.open(timeoutMs);
    await this.#takeOver(timeoutMs);
    this.#state = 'idle';
  }
}

/**
 * Whether a commit that failed may have taken effect at the coordinator. Where librdkafka asks for an abort it did not:
 * no request was sent, or it was refused. Only sentences tell of a transaction that failed on our side while the
 * request was under way, and where a fatal error arose.
 */
function mayHaveCommitted({ cause }: KubesentimentError): boolean {
  const { message, isFatal, isTxnRequiresAbort } = (cause ?? {}) as Partial<RdkafkaError>;
  if (isTxnRequiresAbort === true) return /^EndTxn failed with/.test(String(message));
  if (isFatal === true) return /Failed to end transaction|EndTxn|commit succeeded/.test(String(message));
  return !/^Failed to flush/.test(String(message)); // the request comes after; it has had no answer
}
