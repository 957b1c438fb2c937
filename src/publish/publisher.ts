import { setTimeout as sleep } from 'node:timers/promises';
import type { ConsumerClient, ProducerClient } from '../clients.ts';
import type { KubesentimentError } from '../errors.ts';
import type { InHand } from '../in-hand.ts';
import type { Signal } from '../signal.ts';
import type { Classifier } from '../classify/classifier.ts';
import type { Counters } from '../metrics/counters.ts';
import type { Assignments } from '../consume/assignments.ts';
import type { OffsetLedger } from '../consume/offset-ledger.ts';
import { Cycle } from './cycle.ts';
import type { CycleTrace } from './cycle-trace.ts';
import type { Delivery, LateCommits } from './delivery.ts';
import { passingError } from './fatal-errors.ts';
import { Isolation } from './isolation.ts';
import type { OffsetCommit } from './offset-commit.ts';
import { RecordSender } from './record-sender.ts';
import type { Records } from './records.ts';

export interface PublisherSettings {
  /** Maximum number of messages in a transaction. */
  readonly messagesMax: number;
}

/** How closely transactions may follow each other while more results are on the way. */
export interface TransactionPace {
  /** Time between the beginnings of two, ms. */
  readonly intervalMs: number;
  /** Time after the end of one that took `tookMs`, ms. */
  pauseMs(tookMs: number): number;
}

/** Observers, for logs, metrics and tracing. */
export interface CycleObserver {
  /** Called at the beginning of each cycle, if set. */
  readonly onCycle?: (() => CycleTrace | undefined) | undefined;
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
  readonly records: Pick<Records, 'lastSlot' | 'leaveOutTimestamps' | 'of' | 'reduce'>;
  /** Whether more results are on the way, so waiting for them makes sense. */
  readonly classifier: Pick<Classifier, 'isBusy'>;
  readonly pace: TransactionPace;
  readonly observer: CycleObserver;
  readonly inHand?: InHand | undefined;
  readonly counters: Pick<Counters, 'stage'>;
  /** Notified when a message is finished. */
  readonly finished: Signal;
  /** Notified when slots become free. */
  readonly room: Signal;
}

/** Durable records of a consumer whose offsets are not committed yet. */
interface LatePart {
  readonly commit: OffsetCommit;
  readonly settled: Promise<void>;
}

const RETRY_MS_MIN = 20;
const RETRY_MS_MAX = 5_000;
/** How soon the end of all work, or of the publisher, ends the wait for more results. */
const GATHER_CHECK_MS = 20;
/** A transaction that only moves offsets over what nobody can read is not begun more often than this. */
const BARE_END_MS = 1_000;

/**
 * The last stage: publishes finished messages together with their source offsets, one cycle after another, while
 * inference continues. A failed cycle is rolled back and the next one sends its messages. Consumers with a late
 * commit do not take part until it has succeeded.
 */
export class Publisher {
  readonly #parts: PublisherParts;
  readonly #slots: Int32Array;
  readonly #late = new Map<ConsumerClient, LatePart>();
  readonly #isolation: Isolation;
  readonly #sender: RecordSender;
  #onFatal: (error: unknown) => void = () => undefined;
  #stopped = false;
  #running: Promise<void> = Promise.resolve();
  #failures = 0;
  #lastFailure: KubesentimentError | undefined;

  constructor({ messagesMax }: PublisherSettings, parts: PublisherParts) {
    this.#parts = parts;
    this.#slots = new Int32Array(messagesMax);
    this.#isolation = new Isolation(messagesMax);
    this.#sender = new RecordSender(parts);
  }

  /** Failed cycles, or failed attempts at late commits, since the last success. */
  get failures(): number {
    return Math.max(this.#failures, ...[...this.#late.values()].map(({ commit }) => commit.failures));
  }

  /** Why the last cycle failed; cleared when one succeeds. */
  get lastFailure(): KubesentimentError | undefined {
    if (this.#lastFailure !== undefined) return this.#lastFailure;
    for (const { commit } of this.#late.values())
      if (commit.lastFailure !== undefined) return commit.lastFailure;
    return undefined;
  }

  /** `onFatal` gets errors after which nothing more may be committed. */
  start(onFatal: (error: unknown) => void): void {
    this.#onFatal = onFatal;
    this.#running = this.#run().catch(onFatal);
  }

  /** Finishes the running cycle. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#parts.finished.notify();
    await this.#running;
    await Promise.all([...this.#late.values()].map(({ settled }) => settled));
  }

  async #run(): Promise<void> {
    const { finished, delivery } = this.#parts;
    let lastBegunAt = 0;
    let lastEndedAt = 0;
    while (!this.#stopped) {
      if (!this.#hasFinished(performance.now() - lastEndedAt)) {
        await finished.wait(BARE_END_MS);
        continue;
      }
      await this.#gather(lastBegunAt, lastEndedAt);
      const restMs = lastEndedAt + delivery.restMs - performance.now();
      if (restMs > 1) await sleep(restMs);
      lastBegunAt = performance.now();
      await this.#cycle();
      lastEndedAt = performance.now();
    }
  }

  /** Lets a transaction fill while more results are on the way. */
  async #gather(lastBegunAt: number, lastEndedAt: number): Promise<void> {
    const { classifier, pace } = this.#parts;
    while (classifier.isBusy && !this.#stopped) {
      const pausedUntil = lastEndedAt + pace.pauseMs(lastEndedAt - lastBegunAt);
      const waitMs = Math.max(lastBegunAt + pace.intervalMs, pausedUntil) - performance.now();
      if (waitMs <= 1) return;
      await sleep(Math.min(waitMs, GATHER_CHECK_MS));
    }
  }

  /** An end without messages goes with the messages of others, or waits: only its offset is committed. */
  #hasFinished(idleMs: number): boolean {
    const takesEnds = idleMs >= BARE_END_MS;
    for (const ledger of this.#parts.assignments.ledgers()) {
      const isReady = ledger.hasFinished || (takesEnds && ledger.hasBareEnd);
      if (isReady && !this.#late.has(this.#consumerOf(ledger))) return true;
    }
    return false;
  }

  #consumerOf(ledger: OffsetLedger): ConsumerClient {
    return this.#parts.consumers[ledger.consumerIndex] as ConsumerClient;
  }

  async #cycle(): Promise<void> {
    const { delivery, counters, observer } = this.#parts;
    const startedAt = performance.now();
    const trace = observer.onCycle?.();
    const cycle = new Cycle(this.#slots.subarray(0, this.#isolation.limit));
    this.#sender.begin();
    let begun = false;
    try {
      await delivery.begin();
      begun = true;
      trace?.begun();
      const begunAt = performance.now();
      await this.#produce(cycle);
      counters.stage.publish.record(performance.now() - begunAt);
      trace?.sent(cycle.slots, this.#sender.count);
      const late = await delivery.finish(cycle.offsets(), (consumer, at) => cycle.stateOf(consumer, at));
      trace?.end(true);
      this.#finish(cycle, late, startedAt);
    } catch (error) {
      trace?.failed(cycle.slots, error);
      let late: LateCommits | undefined;
      let helps = false;
      try {
        const { code } = passingError(error);
        if (begun || code === 'KS_PRODUCER_EXPIRED') late = await this.#undo();
        // While the slots are those of the cycle.
        if (late === undefined && code === 'KS_RECORD_TOO_LARGE') helps = this.#isolate(cycle);
        if (code === 'KS_RECORD_REFUSED') helps = this.#parts.records.leaveOutTimestamps();
      } finally {
        // Even if this was the last cycle: giving partitions back waits for it to end.
        if (late === undefined) cycle.abort();
        trace?.end(late !== undefined);
      }
      if (late === undefined) await this.#retryLater(passingError(error), helps);
      else this.#finish(cycle, late, startedAt);
    }
  }

  /** The cycle succeeded, except for late commits. */
  #finish(cycle: Cycle, late: LateCommits, startedAt: number): void {
    this.#settle(late.size === 0 ? cycle : cycle.partOf((consumer) => !late.has(consumer)), startedAt);
    for (const [consumer, commit] of late) {
      const part = cycle.partOf((owner) => owner === consumer);
      this.#late.set(consumer, { commit, settled: this.#settleLate(consumer, commit, part, startedAt) });
    }
    this.#failures = 0;
    this.#lastFailure = undefined;
  }

  async #settleLate(
    consumer: ConsumerClient,
    { done }: OffsetCommit,
    part: Cycle,
    startedAt: number,
  ): Promise<void> {
    try {
      await done;
      this.#settle(part, startedAt);
    } catch (error) {
      this.#stopped = true; // as the end of the loop would
      part.abort();
      this.#onFatal(error);
    }
    this.#late.delete(consumer);
    this.#parts.finished.notify();
  }

  #settle(cycle: Cycle, startedAt: number): void {
    const { observer, room } = this.#parts;
    const { slots } = cycle;
    if (cycle.isEmpty) return;
    observer.onCommitted(slots, slots.length, performance.now() - startedAt);
    this.#isolation.committed(slots.length);
    cycle.commit();
    room.notify();
  }

  /** Nothing else can be done before this, so it is retried until it works. */
  async #undo(): Promise<LateCommits | undefined> {
    for (;;) {
      try {
        return await this.#parts.delivery.undo();
      } catch (error) {
        const reason = passingError(error);
        if (this.#stopped) return undefined;
        await this.#retryLater(reason);
      }
    }
  }

  async #produce(cycle: Cycle): Promise<void> {
    const { assignments, records } = this.#parts;
    for (const ledger of [...assignments.ledgers()]) {
      const consumer = this.#consumerOf(ledger);
      if (this.#late.has(consumer)) continue;
      const slots = cycle.take(ledger, consumer);
      if (slots.length > 0) await this.#sender.send(ledger, records.of(ledger, slots, slots.length));
    }
  }

  /** A record of the cycle is too large for its topic. Whether the next cycle leaves out more of it, or is smaller. */
  #isolate(cycle: Cycle): boolean {
    const { records } = this.#parts;
    const { refusedSlot } = this.#sender;
    if (refusedSlot !== undefined) return records.reduce(refusedSlot);
    if (!this.#isolation.refused(cycle.slots.length)) return this.#isolation.isSearching;
    const [slot] = cycle.slots;
    if (slot !== undefined && records.reduce(slot)) return true;
    this.#isolation.giveUp();
    return false;
  }

  /** `helps`: the next cycle is another one, and need not wait for somebody to do something. */
  async #retryLater(reason: KubesentimentError, helps = false): Promise<void> {
    if (!helps) this.#failures++;
    this.#lastFailure = reason;
    this.#parts.observer.onCycleFailure(reason, Math.max(1, this.#failures));
    const doublings = helps ? 0 : Math.min(this.#failures, 10);
    await sleep(Math.min(RETRY_MS_MIN * 2 ** doublings, RETRY_MS_MAX));
  }
}
