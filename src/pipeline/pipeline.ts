import { PollLoop } from '../consume/poll-loop.ts';
import { Publisher, type PublisherOptions } from '../publish/publisher.ts';
import type { ConsumerClient } from '../clients.ts';
import { Signal } from '../signal.ts';
import { withTimeout } from '../timing.ts';
import type { Assignments } from '../consume/assignments.ts';
import { Classifier, type ClassifierOptions } from '../classify/classifier.ts';
import { Intake, type IntakeOptions } from '../consume/intake.ts';
import type { Records } from '../publish/records.ts';

export interface PipelineOptions {
  readonly consumers: readonly ConsumerClient[];
  readonly assignments: Assignments;
  readonly intake: Omit<IntakeOptions, 'onTaken'>;
  readonly classify: Omit<ClassifierOptions, 'onFinished' | 'onFatal'>;
  readonly records: Records;
  readonly publish: Omit<
    PublisherOptions,
    'ledgers' | 'consumerOf' | 'records' | 'isBusy' | 'isBehind' | 'finished' | 'onProduced'
  >;
  /** Something that must not happen did, or the broker said so: time for `halt`. */
  readonly onFatal: (error: unknown) => void;
}

/** How long a stop waits for a transaction that is being committed. */
const TRANSACTION_END_MS = 5_000;

/**
 * The way of a message, from Kafka to Kafka:
 *
 *     poll loops ─► intake (slot, ledger, decode) ─► classifier (batch, infer) ─► publisher ─► committed
 *         ▲                                                                          │
 *         └──────────────────── room: slots are free again after the commit ◄────────┘
 *
 * Slots travel forward as numbers. Back-pressure is the reservation: without room nobody polls.
 */
export class Pipeline {
  readonly #options: PipelineOptions;
  readonly #room = new Signal();
  readonly #finished = new Signal();
  readonly #loops: readonly PollLoop[];
  readonly #classifier: Classifier;
  readonly #publisher: Publisher;

  constructor(options: PipelineOptions) {
    this.#options = options;
    const { consumers, assignments, records, onFatal } = options;
    const { stage } = options.intake.counters;
    const intake = new Intake({
      ...options.intake,
      onTaken: (count) => {
        this.#room.notify(); // what was reserved and not used
        if (count === 0) return;
        this.#classifier.dispatch();
        this.#finished.notify(); // rejected messages are finished already
      },
    });

    this.#loops = consumers.map(
      (consumer) =>
        new PollLoop({
          consumer,
          budget: intake,
          onPolled: (durationMs) => stage.consume.record(durationMs),
          room: this.#room,
          assigned: () => assignments.of(consumer),
          isAssigned: () => assignments.holdsAny(consumer),
        }),
    );

    this.#classifier = new Classifier({
      ...options.classify,
      onFinished: () => {
        this.#finished.notify();
        if (intake.hasRoom) this.#room.notify();
      },
      onFatal,
    });

    this.#publisher = new Publisher({
      ...options.publish,
      ledgers: () => assignments.ledgers(),
      consumerOf: (ledger) => consumers[ledger.consumerIndex] as ConsumerClient,
      records: (ledger, slots, count) => records.of(ledger, slots, count),
      isBusy: () => this.#classifier.waiting > 0 || options.classify.pool.inFlight > 0,
      isBehind: () => intake.isBehind,
      finished: this.#finished,
      onProduced: (durationMs) => stage.publish.record(durationMs),
      onCommitted: (slots, count, durationMs) => {
        options.publish.onCommitted(slots, count, durationMs);
        this.#room.notify();
      },
    });
  }

  start(): void {
    this.#publisher.start(this.#options.onFatal);
    for (const loop of this.#loops) loop.start(this.#options.onFatal);
  }

  /** Messages waiting for inference. */
  get waiting(): number {
    return this.#classifier.waiting;
  }

  /** Transactions that failed since the last that went through. */
  get failedCycles(): number {
    return this.#publisher.failures;
  }

  /** Why the last of them failed. */
  get lastFailure(): string | undefined {
    return this.#publisher.lastFailure?.message;
  }

  /** Longest time that a poll loop has been silent, ms. */
  get silentMs(): number {
    return Math.max(0, ...this.#loops.map((loop) => loop.silentMs));
  }

  /** Takes no more messages; what has been taken goes on, and so does the membership in the group. */
  async stopTaking(): Promise<void> {
    await Promise.all(this.#loops.map((loop) => loop.stopTaking()));
  }

  /** The consumers can be closed when it resolves. */
  async stopPolling(): Promise<void> {
    await Promise.all(this.#loops.map((loop) => loop.end()));
  }

  /** After a fatal error: nothing more is taken or committed, not even what is in the running transaction. */
  halt(): void {
    this.#options.assignments.abandon();
    void this.stopTaking();
    void this.stopPublishing();
  }

  /** Waits until everything taken is committed; false when `timeoutMs` was not enough. */
  drain(timeoutMs: number): Promise<boolean> {
    return this.#options.assignments.drain([...this.#options.assignments.ledgers()], timeoutMs);
  }

  /** Begins no more transactions. One that does not end soon is left to the broker, which aborts it. */
  async stopPublishing(): Promise<void> {
    await withTimeout(this.#publisher.stop(), TRANSACTION_END_MS, () => undefined);
  }
}
