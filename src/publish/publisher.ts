import { setTimeout as sleep } from 'node:timers/promises';
import type { ConsumerClient, ProducerClient } from '../clients.ts';
import { type ErrorCode, KubesentimentError } from '../errors.ts';
import type { Signal } from '../signal.ts';
import type { Classifier } from '../classify/classifier.ts';
import type { Intake } from '../consume/intake.ts';
import type { Counters } from '../metrics/counters.ts';
import type { OutgoingRecord, TopicPartitionOffset } from '../types.ts';
import type { Assignments } from '../consume/assignments.ts';
import type { OffsetLedger } from '../consume/offset-ledger.ts';
import type { Delivery } from './delivery.ts';
import type { Records } from './records.ts';

export interface PublisherSettings {
  /** Maximum number of messages in a transaction. */
  readonly messagesMax: number;
  /** A finished message waits at most this long for its transaction to begin, unless another is running. */
  readonly intervalMs: number;
}

/** Observers, for logs, metrics and tracing. */
export interface CycleObserver {
  /** Called before the slots of a committed cycle are released. */
  onCommitted(slots: Int32Array, count: number, durationMs: number): void;
  onCycleFailure(error: KubesentimentError, attempt: number): void;
}

export interface PublisherParts {
  readonly producer: Pick<ProducerClient, 'produce'>;
  readonly delivery: Delivery;
  readonly assignments: Pick<Assignments, 'ledgers'>;
  /** In index order. */
  readonly consumers: readonly ConsumerClient[];
  readonly records: Pick<Records, 'of' | 'restore' | 'shrink'>;
  /** Whether more results are on the way, so waiting for them makes sense. */
  readonly classifier: Pick<Classifier, 'isBusy'>;
  /** Whether so much is waiting for inference that a slightly later result makes no difference. */
  readonly intake: Pick<Intake, 'isBehind'>;
  readonly observer: CycleObserver;
  readonly counters: Pick<Counters, 'stage'>;
  /** Notified when a message is finished. */
  readonly finished: Signal;
  /** Notified when slots become free. */
  readonly room: Signal;
}

const RETRY_MS_MAX = 5_000;
/**
 * With a backlog a transaction waits this many intervals: each one costs the broker as much as a thousand messages.
 */
const BACKLOG_INTERVALS = 12;
/**
 * The pause between two transactions, as a multiple of the time the last one took, within limits: a slow broker is
 * already busy, and fewer, larger transactions help it.
 */
const PAUSE_FACTOR = 2;
const PAUSE_MS_MAX = 100;
/** Yields to the event loop after this many records, so workers are fed meanwhile. */
const RECORDS_PER_TURN = 256;
const QUEUE_FULL_WAIT_MS = 2;

/**
 * The last stage: publishes finished messages together with their source offsets, one cycle after another, while
 * inference continues. A failed cycle is rolled back and the next one sends its messages.
 */
export class Publisher {
  readonly #settings: PublisherSettings;
  readonly #parts: PublisherParts;
  readonly #slots: Int32Array;
  #stopped = false;
  #running: Promise<void> = Promise.resolve();
  /** Messages of the running cycle, in `#slots`. */
  #taken = 0;
  #failures = 0;
  #lastFailure: KubesentimentError | undefined;

  constructor(settings: PublisherSettings, parts: PublisherParts) {
    this.#settings = settings;
    this.#parts = parts;
    this.#slots = new Int32Array(settings.messagesMax);
  }

  /** Failed cycles since the last successful one. */
  get failures(): number {
    return this.#failures;
  }

  /** Why the last cycle failed; cleared when one succeeds. */
  get lastFailure(): KubesentimentError | undefined {
    return this.#lastFailure;
  }

  /** `onFatal` gets errors after which nothing more may be committed. */
  start(onFatal: (error: unknown) => void): void {
    this.#running = this.#run().catch(onFatal);
  }

  /** Finishes the running cycle. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#parts.finished.notify();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { finished, delivery } = this.#parts;
    const { intervalMs } = this.#settings;
    let lastBegunAt = 0;
    let lastEndedAt = 0;
    while (!this.#stopped) {
      if (!this.#hasFinished()) {
        await finished.wait(1_000);
        continue;
      }
      const pauseMs = Math.min(PAUSE_MS_MAX, PAUSE_FACTOR * (lastEndedAt - lastBegunAt));
      await this.#gather(Math.max(lastBegunAt + intervalMs, lastEndedAt + pauseMs));
      const restMs = lastEndedAt + delivery.restMs - performance.now();
      if (restMs > 1) await sleep(restMs);
      lastBegunAt = performance.now();
      await this.#cycle();
      lastEndedAt = performance.now();
    }
  }

  /** Lets a transaction fill while more results are on the way: until `until`, or longer if there is a backlog. */
  async #gather(until: number): Promise<void> {
    const { classifier, intake } = this.#parts;
    const { intervalMs } = this.#settings;
    for (let i = 0; i === 0 || (i < BACKLOG_INTERVALS && intake.isBehind); i++) {
      const waitMs = until + i * intervalMs - performance.now();
      if (!classifier.isBusy || this.#stopped) return;
      if (waitMs > 1) await sleep(waitMs);
    }
  }

  #hasFinished(): boolean {
    for (const ledger of this.#parts.assignments.ledgers()) if (ledger.hasFinished) return true;
    return false;
  }

  async #cycle(): Promise<void> {
    const { delivery, counters } = this.#parts;
    const startedAt = performance.now();
    const taken: OffsetLedger[] = [];
    let begun = false;
    try {
      await delivery.begin();
      begun = true;
      const begunAt = performance.now();
      const offsets = await this.#produce(taken);
      counters.stage.publish.record(performance.now() - begunAt);
      await delivery.finish(offsets, () => checkOurs(taken));
      this.#settle(taken, performance.now() - startedAt);
    } catch (error) {
      try {
        if (!(error instanceof KubesentimentError) || isFatal(error)) throw error;
        const isDirty = begun || error.code === 'KS_PRODUCER_EXPIRED';
        if (isDirty && (await this.#undo())) return this.#settle(taken, performance.now() - startedAt);
      } finally {
        // Even if this was the last cycle: giving partitions back waits for it to end.
        for (const ledger of taken) ledger.abort();
      }
      await this.#retryLater(error);
    }
  }

  /** The cycle succeeded. */
  #settle(taken: readonly OffsetLedger[], durationMs: number): void {
    const { observer, records, room } = this.#parts;
    observer.onCommitted(this.#slots, this.#taken, durationMs);
    records.restore();
    for (const ledger of taken) ledger.commit();
    room.notify();
    this.#failures = 0;
    this.#lastFailure = undefined;
  }

  /** Nothing else can be done before this, so it is retried until it works. True: the cycle succeeded after all. */
  async #undo(): Promise<boolean> {
    for (;;) {
      try {
        return await this.#parts.delivery.undo();
      } catch (error) {
        if (!(error instanceof KubesentimentError) || isFatal(error)) throw error;
        if (this.#stopped) return false;
        await this.#retryLater(error);
      }
    }
  }

  async #produce(taken: OffsetLedger[]): Promise<Map<ConsumerClient, TopicPartitionOffset[]>> {
    const { assignments, consumers, records } = this.#parts;
    const { messagesMax } = this.#settings;
    const offsets = new Map<ConsumerClient, TopicPartitionOffset[]>();
    let total = 0;
    for (const ledger of [...assignments.ledgers()]) {
      const count = ledger.takeFinished(this.#slots, total, messagesMax - total);
      if (count === 0) continue;
      taken.push(ledger);
      await this.#send(records.of(ledger, this.#slots.subarray(total, total + count), count));
      total += count;
      const consumer = consumers[ledger.consumerIndex] as ConsumerClient;
      const list = offsets.get(consumer);
      if (list === undefined) offsets.set(consumer, [ledger.nextOffset()]);
      else list.push(ledger.nextOffset());
    }
    this.#taken = total;
    return offsets;
  }

  async #send(records: Iterable<OutgoingRecord>): Promise<void> {
    const { producer } = this.#parts;
    let sent = 0;
    for (const record of records) {
      while (!producer.produce(record)) await sleep(QUEUE_FULL_WAIT_MS);
      if (++sent % RECORDS_PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async #retryLater(reason: KubesentimentError): Promise<void> {
    this.#failures++;
    this.#lastFailure = reason;
    if (reason.code === 'KS_RECORD_TOO_LARGE') this.#parts.records.shrink();
    this.#parts.observer.onCycleFailure(reason, this.#failures);
    await sleep(Math.min(20 * 2 ** Math.min(this.#failures, 10), RETRY_MS_MAX));
  }
}

/** A partition that another member already has must not get offsets or results from us. */
function checkOurs(taken: readonly OffsetLedger[]): void {
  const gone = taken.find((ledger) => !ledger.isOurs);
  if (gone === undefined) return;
  throw new KubesentimentError(
    'KS_KAFKA_ABORTABLE',
    `Partition ${gone.topic}/${gone.partition} was lost to another member.`,
  );
}

/**
 * Errors that retrying cannot fix. A topic that rejects our records (permissions, size, too few replicas, missing) is
 * not one of them: its partitions wait until someone fixes it, and nothing is skipped.
 */
const fatalCodes: ReadonlySet<ErrorCode> = new Set(['KS_KAFKA_FATAL', 'KS_PRODUCER_FENCED', 'KS_INTERNAL']);

function isFatal(error: KubesentimentError): boolean {
  return fatalCodes.has(error.code);
}
