import type { BatchObserver } from '../classify/classifier.ts';
import { type ClassifierModel, Classifiers } from '../classify/classifiers.ts';
import type { ConsumerClient, ProducerClient } from '../clients.ts';
import type { Assignments } from '../consume/assignments.ts';
import type { Attached } from '../decode/attached.ts';
import type { Decrypter } from '../consume/decrypter.ts';
import type { IdWindow } from '../consume/id-window.ts';
import { Delays } from '../consume/delays.ts';
import { Intake, type IntakeParts, type IntakeSettings } from '../consume/intake.ts';
import type { OffsetLedger } from '../consume/offset-ledger.ts';
import { PollLoop, type PollObserver } from '../consume/poll-loop.ts';
import type { KubesentimentError } from '../errors.ts';
import type { InHand } from '../in-hand.ts';
import type { Counters } from '../metrics/counters.ts';
import { WindowedPercentiles } from '../metrics/windowed-percentiles.ts';
import type { Delivery } from '../publish/delivery.ts';
import { type CycleObserver, Publisher, type PublisherSettings } from '../publish/publisher.ts';
import type { Records } from '../publish/records.ts';
import type { Schemas } from '../registry/schemas.ts';
import type { RetryTopics } from '../retry-topics.ts';
import { Signal } from '../signal.ts';
import type { SlotTable } from '../slots.ts';
import { withTimeout } from '../timing.ts';
import { Pace, type PaceSettings } from './pace.ts';

export interface PipelineSettings {
  readonly intake: IntakeSettings;
  readonly publish: PublisherSettings;
  readonly pace: PaceSettings;
}

/** For tracing: what it is told of each stage. */
export type PipelineTracer = Pick<
  BatchObserver & CycleObserver & PollObserver,
  'onBatch' | 'onCycle' | 'onPoll'
>;

/** What the stages work with, in the order in which a message reaches it. */
export interface PipelineParts {
  readonly consumers: readonly ConsumerClient[];
  readonly assignments: Assignments;
  readonly table: SlotTable;
  readonly decoder: IntakeParts['decoder'];
  readonly decrypter?: Decrypter | undefined;
  readonly attached?: Attached | undefined;
  readonly schemas?: Schemas | undefined;
  readonly idWindow?: IdWindow | undefined;
  /** Where messages wait whose failure may pass, and come back from. */
  readonly retries?: RetryTopics | undefined;
  /** The edition of the model to begin with; `use` exchanges it. */
  readonly model: ClassifierModel;
  readonly records: Records;
  /** Undefined without a watchdog. */
  readonly inHand?: InHand | undefined;
  readonly producer: ProducerClient;
  readonly delivery: Delivery;
  readonly counters: Counters;
  readonly observer: BatchObserver & CycleObserver & PollObserver;
  /** Something happened that must not, or the broker reported a fatal error: time for `halt`. */
  readonly onFatal: (error: unknown) => void;
}

/** How long stopping waits for a transaction that is being committed. */
const TRANSACTION_END_MS = 5_000;

/**
 * Ticks of the pace that its p95 covers, some two seconds: where every second has a short stall, most tenths of a
 * second look well, and only a longer window shows that there is no room for waiting.
 */
const P95_TICKS = 20;

/**
 * The path of a message, from Kafka to Kafka:
 *
 *     poll loops ─► intake (slot, ledger, decode) ─► classifier (batch, infer) ─► publisher ─► committed
 *         ▲                                                                          │
 *         └──────────────────── room: the commit frees the slots ◄───────────────────┘
 *
 * Slots are passed forward as numbers. The reservation is the back-pressure: without room there is no poll.
 */
export class Pipeline {
  readonly #parts: PipelineParts;
  readonly #loops: readonly PollLoop[];
  readonly #intake: Intake;
  readonly #classifier: Classifiers;
  readonly #publisher: Publisher;
  readonly #pace: Pace;
  /** Of the consumer that reads the retry topics. */
  #delays: Delays | undefined;

  constructor(settings: PipelineSettings, parts: PipelineParts) {
    const { consumers, assignments, counters } = parts;
    const room = new Signal(); // there may be room for more messages
    const finished = new Signal(); // there may be something to publish
    const processing = new WindowedPercentiles(counters.processing, P95_TICKS);
    const pace = new Pace(settings.pace, {
      tokens: () => counters.realTokens,
      batches: counters.stage.infer,
      transactions: counters.transaction,
      recentP95: () => processing.advance().p95,
      loopBusy: loopBusy(),
    });
    const classifier = new Classifiers(parts.model, { ...parts, pace, progress: [finished, room] });
    const intake = new Intake(settings.intake, { ...parts, rows: classifier, room, finished });
    const publisher = new Publisher(settings.publish, { ...parts, pace, classifier, room, finished });
    const { onPoll } = parts.observer;
    const common = { budget: intake, assignments, room, durations: counters.stage.consume, onPoll };
    this.#loops = consumers.map(
      (consumer) => new PollLoop({ consumer, ...common, delays: this.#delaysOf(consumer, parts) }),
    );
    this.#parts = parts;
    this.#intake = intake;
    this.#classifier = classifier;
    this.#publisher = publisher;
    this.#pace = pace;
  }

  #delaysOf(consumer: ConsumerClient, { retries, assignments }: PipelineParts): Delays | undefined {
    if (retries === undefined || !consumer.readsRetries) return undefined;
    this.#delays = new Delays({ consumer, assignments, retries });
    return this.#delays;
  }

  /**
   * How many of the `behind` messages that the partition is behind are not due yet: all of them while it rests, as far
   * as nothing of it is in flight. undefined for a request topic.
   */
  notDueOf(ledger: OffsetLedger, behind: number): number | undefined {
    if (this.#parts.retries?.find(ledger.topic) === undefined) return undefined;
    return this.#delays?.isResting(ledger) ? Math.max(0, behind - ledger.span) : 0;
  }

  /** Without `takes` nothing is read: the process only keeps its place in the group. */
  start(takes = true): void {
    const { onFatal } = this.#parts;
    this.#publisher.start(onFatal);
    for (const loop of this.#loops) loop.start(onFatal, takes);
  }

  /** Rows decoded from now on go to this edition of the model; earlier ones are finished by their own. */
  use(model: ClassifierModel): void {
    this.#classifier.use(model);
  }

  /** Messages waiting for inference. */
  get waiting(): number {
    return this.#classifier.waiting;
  }

  /** Messages that cannot be decoded before their schema comes. */
  get waitingForSchema(): number {
    return this.#intake.waitingForSchema;
  }

  /** Transactions that have failed since the last one that succeeded. */
  get failedCycles(): number {
    return this.#publisher.failures;
  }

  /** Why the last one failed. */
  get lastFailure(): KubesentimentError | undefined {
    return this.#publisher.lastFailure;
  }

  /** How long the inference threads have worked so far: a second for each in which all of them did, ms. */
  get workedMs(): number {
    return this.#pace.workedMs(performance.now());
  }

  /** The longest time any poll loop has been silent, ms. */
  get silentMs(): number {
    return Math.max(0, ...this.#loops.map((loop) => loop.silentMs));
  }

  /** Takes no more messages; those already taken are processed, and the membership in the group continues. */
  async stopTaking(): Promise<void> {
    await Promise.all(this.#loops.map((loop) => loop.stopTaking()));
  }

  /** Waits until everything taken is committed; false if `timeoutMs` was not enough. */
  drain(timeoutMs: number): Promise<boolean> {
    const { assignments } = this.#parts;
    return assignments.drain([...assignments.ledgers()], timeoutMs);
  }

  /** Begins no more transactions. If the running one does not end soon, it is left for the broker to abort. */
  async stopPublishing(): Promise<void> {
    await withTimeout(this.#publisher.stop(), TRANSACTION_END_MS, () => undefined);
  }

  /** The consumers can be closed once this resolves. */
  async stopPolling(): Promise<void> {
    await Promise.all(this.#loops.map((loop) => loop.end()));
  }

  /** Call when all partitions have been given back. */
  close(): void {
    this.#intake.close();
    this.#classifier.close();
  }

  /** After a fatal error: takes and commits nothing more, not even what is in the running transaction. */
  halt(): void {
    this.#parts.assignments.abandon();
    void this.stopTaking();
    void this.stopPublishing();
  }
}

/** Tells the share of the time since it was last asked in which the event loop was busy. */
function loopBusy(): () => number {
  let before = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    return utilization;
  };
}
