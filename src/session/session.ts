import type { ConsumerClient } from '../clients.ts';
import { Assignments } from '../consume/assignments.ts';
import type { OffsetLedger } from '../consume/offset-ledger.ts';
import { bug, type KubesentimentError } from '../errors.ts';
import { missingCodecs } from '../kafka/version.ts';
import type { Logger } from '../log.ts';
import type { Pauses } from '../pauses.ts';
import type { Pipeline, PipelineTracer } from '../pipeline/pipeline.ts';
import { BrokerWatch } from './broker-watch.ts';
import { buildPipeline, classifierModel, type SharedParts } from './build-pipeline.ts';
import { CommitReport, type CommitListeners } from './commit-report.ts';
import { FloodGuard } from './flood-guard.ts';
import { partitionEvents } from './partition-events.ts';
import { warnOfIdleConsumers } from './idle-consumers.ts';
import { type HeldBackNow, type HeldBackWatch, watchHeldBack } from './held-back-watch.ts';
import type { KafkaClients, KafkaClientsFactory } from './kafka-clients.ts';
import { LogEnds } from './log-ends.ts';
import { openRetryTopics, type RetryTopics } from '../retry-topics.ts';
import { TopicWatch } from './topic-watch.ts';
import type { RecentDeadLetters } from './recent-dead-letters.ts';

/**
 *     new ──open()──► opening ──► open ──close()──► closing ──► closed
 *                        └─────────────close()─────────┘
 */
export type SessionState = 'new' | 'opening' | 'open' | 'closing' | 'closed';

export interface SessionOptions {
  readonly shared: SharedParts;
  readonly clients: KafkaClientsFactory;
  readonly logger: Logger;
  readonly recentDeadLetters: RecentDeadLetters;
  readonly listeners: CommitListeners;
  readonly tracer?: PipelineTracer | undefined;
  /** Why the previous session stopped taking messages. This one then takes none either. */
  readonly stopReason?: string | undefined;
  readonly pauses?: Pauses | undefined;
  /** Something happened that must not, or the broker reported a fatal error. Nothing more is committed. */
  readonly onFatal: (error: unknown) => void;
}

/** What exists between open and close. */
interface Connection {
  readonly clients: KafkaClients;
  readonly pipeline: Pipeline;
  readonly brokerWatch: BrokerWatch;
  readonly topicWatch: TopicWatch;
  readonly heldBackWatch: HeldBackWatch | undefined;
  readonly logEnds: LogEnds;
}

/**
 * One membership in the group, with everything that shares its lifetime: clients, assignments, pipeline, broker
 * watch, and the guard against a flood of dead letters. To rejoin, close it and open a new one.
 */
export class Session {
  readonly assignments: Assignments;
  readonly #options: SessionOptions;
  readonly #flood: FloodGuard;
  readonly #retries: RetryTopics | undefined;
  #state: SessionState = 'new';
  #clients: KafkaClients | undefined;
  #connection: Connection | undefined;
  #opening: Promise<void> | undefined;
  #closing: Promise<boolean> | undefined;
  #isHalted = false;
  #stopReason: string | undefined;

  constructor(options: SessionOptions) {
    const { shared, stopReason, logger } = options;
    const { kafka } = shared.config;
    this.#options = options;
    this.#stopReason = stopReason;
    this.#retries = openRetryTopics(kafka);
    this.#flood = new FloodGuard(() => shared.running.current.kafka.dlq_stop_ratio);
    this.assignments = new Assignments({
      table: shared.table,
      drainTimeoutMs: kafka.drain_timeout_ms,
      ...partitionEvents(shared, logger),
      onFatal: (error) => this.#fail(error),
    });
  }

  get state(): SessionState {
    return this.#state;
  }

  /**
   * Whether the group has answered every consumer; one without an answer counts as idle after a while. The partitions
   * of those that were answered have starts that the group knows, except where a partition had no leader.
   */
  get hasJoined(): boolean {
    return this.consumers.length > 0 && this.consumers.every((each) => this.assignments.hasAssigned(each));
  }

  /** Why it stopped taking messages by itself. */
  get stopReason(): string | undefined {
    return this.#stopReason;
  }

  get consumers(): readonly ConsumerClient[] {
    return this.#connection?.clients.consumers ?? [];
  }

  get pipeline(): Pipeline | undefined {
    return this.#connection?.pipeline;
  }

  /** What an open transaction of another producer keeps from being read; undefined if nothing is known of one. */
  heldBack(ledger: OffsetLedger): HeldBackNow | undefined {
    return this.#connection?.heldBackWatch?.of(ledger);
  }

  /** One past the newest record of a partition; below 0 while that is not known. */
  logEnd(ledger: OffsetLedger): number {
    return this.#connection?.logEnds.of(ledger) ?? -1;
  }

  /** Time since a broker last answered, ms. */
  get brokerSilentMs(): number {
    return this.#connection?.brokerWatch.silentMs ?? 0;
  }

  /** Request topics that do not exist. */
  get missingTopics(): readonly string[] {
    return this.#connection?.topicWatch.missing ?? [];
  }

  /**
   * Connects and joins the group; messages flow when it resolves. KS_BROKER_UNREACHABLE, KS_TOPIC_MISSING,
   * KS_NOT_AUTHORIZED. Close the session even if this fails.
   */
  open(): Promise<void> {
    if (this.#state !== 'new') throw bug(`A session was opened that is ${this.#state}.`);
    this.#state = 'opening';
    this.#opening = this.#open();
    return this.#opening;
  }

  /**
   * The one order in which a membership ends: take no more messages, commit what is in flight, end transactions,
   * leave the group, close the connections. Each step is attempted even if another fails. False if something in
   * flight was not finished within `drain_timeout_ms`; the next owner reads it again. `abandon`: nothing more may be
   * committed. Closing it again has no effect.
   */
  close({ abandon = false } = {}): Promise<boolean> {
    this.#closing ??= this.#close(abandon);
    return this.#closing;
  }

  /** New messages go to the current edition of the model; those in flight are finished by their own. */
  useModel(): void {
    const { shared } = this.#options;
    this.pipeline?.use(classifierModel(shared, shared.editions.current));
  }

  /** After a fatal error: takes and commits nothing more. The session still has to be closed. */
  halt(): void {
    this.#isHalted = true;
    this.assignments.abandon();
    this.pipeline?.halt();
  }

  async #open(): Promise<void> {
    const { clients: makeClients, shared, logger } = this.#options;
    const { config } = shared;
    this.#clients = await makeClients(config, {
      listener: this.assignments,
      pauses: this.#options.pauses,
      onWarning: (error) => this.#warn(error),
      onFatal: (error) => this.#fail(error),
      onMarksRefused: (group) => logger.warn('marks_refused', { group }),
    });
    const { producer, consumers } = this.#clients;
    await producer.connect();
    await Promise.all(consumers.map((consumer) => consumer.connect()));
    logger.info('broker_connected', { consumers: consumers.length, delivery: config.kafka.delivery });
    const codecs = missingCodecs();
    if (codecs.length > 0) logger.warn('codecs_missing', { codecs: codecs.join(', ') });
    const readers = consumers.filter(({ readsRetries }) => !readsRetries);
    warnOfIdleConsumers(readers.length, config.kafka.topic, producer, logger);
    if (this.#isHalted) return;
    const parts = { ...shared, retries: this.#retries };
    const pipeline = buildPipeline(parts, this.#clients, this.assignments, this.#observer(), (error) =>
      this.#fail(error),
    );
    const brokerWatch = new BrokerWatch(() => producer.ping());
    const topicWatch = new TopicWatch(consumers);
    const ledgers = () => this.assignments.ledgers();
    const heldBackWatch = watchHeldBack(this.#clients, ledgers, logger);
    const stands = (ledger: OffsetLedger): boolean =>
      this.#stopReason !== undefined || this.#options.pauses?.has(ledger) === true;
    const logEnds = new LogEnds({ consumers, ledgers, stands, find: this.#clients.findEnds });
    this.#connection = { clients: this.#clients, pipeline, brokerWatch, topicWatch, heldBackWatch, logEnds };
    for (const consumer of consumers) consumer.subscribe();
    pipeline.start(this.#stopReason === undefined);
    this.#state = 'open';
  }

  async #close(abandon: boolean): Promise<boolean> {
    if (abandon) this.halt();
    await this.#opening?.catch(() => undefined); // the caller of open() gets the error
    this.#state = 'closing';
    const { pipeline, brokerWatch, topicWatch, heldBackWatch, logEnds } = this.#connection ?? {};
    topicWatch?.close();
    logEnds?.close();
    const { consumers = [], producer } = this.#clients ?? {};
    const { drain_timeout_ms: drainMs } = this.#options.shared.config.kafka;
    let isDrained = true;
    await this.#inOrder([
      () => pipeline?.stopTaking(),
      async () => {
        if (!abandon) isDrained = (await pipeline?.drain(drainMs)) ?? true;
      },
      () => pipeline?.stopPublishing(),
      async () => {
        if (!abandon) await Promise.all(consumers.map((each) => this.assignments.restore(each)));
      },
      async () => this.assignments.abandon(), // do not wait a second time for what could not be finished
      () => pipeline?.stopPolling(),
      () => Promise.all(consumers.map((consumer) => consumer.disconnect())),
      async () => pipeline?.close(),
      async () => brokerWatch?.close(),
      async () => heldBackWatch?.close(),
      () => producer?.disconnect(),
      () => this.#clients?.close(),
    ]);
    this.#state = 'closed';
    return isDrained;
  }

  async #inOrder(steps: readonly (() => Promise<unknown> | undefined)[]): Promise<void> {
    for (const step of steps) {
      try {
        await step();
      } catch (error) {
        this.#options.logger.warn('kafka_error', {}, error);
      }
    }
  }

  #observer() {
    const { shared, logger, listeners, recentDeadLetters, tracer } = this.#options;
    const { counters, config, editions, table } = shared;
    const { dlq_enabled: hasDeadLetters } = config.kafka;
    const facts = { table, counters, editions, hasDeadLetters, retries: this.#retries, recentDeadLetters };
    const report = new CommitReport({ ...facts, logger, listeners });
    return {
      ...tracer,
      onBatchFailure: (error: KubesentimentError, rows: number) =>
        logger.warn('inference_failed', { rows, code: error.code }, error),
      onCommitted: (slots: Int32Array, count: number, durationMs: number) => {
        const { messages, failures } = report.committed(slots, count, durationMs);
        if (this.#flood.add(messages, failures)) this.#stopTaking();
      },
      onCycleFailure: (error: KubesentimentError, attempt: number) => {
        counters.transactionsAborted++;
        logger.warn('transaction_aborted', { attempt, code: error.code }, error);
      },
    };
  }

  #fail(error: unknown): void {
    this.halt();
    this.#options.onFatal(error);
  }

  /** Too large a share of the messages fails: a person should look before the whole topic becomes dead letters. */
  #stopTaking(): void {
    if (this.#stopReason !== undefined) return;
    this.#stopReason = 'Too large a share of the messages became dead letters within a minute.';
    const { logger, shared } = this.#options;
    logger.error('dead_letter_flood', { ratio_max: shared.running.current.kafka.dlq_stop_ratio });
    void this.pipeline?.stopTaking();
  }

  #warn(error: KubesentimentError): void {
    if (error.code === 'KS_CLIENT_UNPATCHED') {
      this.#options.logger.error('client_unpatched', { code: error.code });
      return;
    }
    const isUnreachable = error.code === 'KS_BROKER_UNREACHABLE';
    this.#options.logger.warn(
      isUnreachable ? 'broker_unreachable' : 'kafka_error',
      { code: error.code },
      error,
    );
  }
}
