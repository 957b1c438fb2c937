import type { Config } from '../config/schema.ts';
import type { Baseline } from '../drift/baseline.ts';
import type { Drift } from '../drift/drift.ts';
import type {
  CanaryReport,
  HealthCheck,
  HealthDetails,
  HealthReport,
  InstanceInfo,
  ServiceLimits,
  ServiceView,
  ShadowReport,
} from '../http/service-view.ts';
import type { OffsetLedger } from '../consume/offset-ledger.ts';
import { unreadableError } from '../kafka/unreadable.ts';
import type { InferencePool } from '../infer/inference-pool.ts';
import type { Counters } from '../metrics/counters.ts';
import type { Exemplars } from '../metrics/exemplars.ts';
import { type KafkaMetrics, kafkaMetrics } from '../metrics/kafka-metrics.ts';
import { Rate } from '../metrics/rate.ts';
import { MetricsRegistry, type MetricsText } from '../metrics/registry.ts';
import type { BuildInfo, Gauges, MetricsSource } from '../metrics/source.ts';
import type { Session } from '../session/session.ts';
import type { SlotTable } from '../slots.ts';
import type { Prediction, RecentDeadLetter, RunState, TopicPartition } from '../types.ts';
import type { WhyReport } from '../why/report.ts';
import { configFingerprint, newInstance } from './identity.ts';
import { LoadWatch } from './load-watch.ts';
import { currentLedgers, OwnLag, placeName } from './own-lag.ts';

export interface MonitorOptions {
  readonly config: Config;
  /** As it is now. */
  readonly current: () => Config;
  readonly counters: Counters;
  readonly exemplars: Exemplars;
  readonly build: () => BuildInfo;
  readonly table: SlotTable;
  /** Of the model in use, and of the one before it while that has something to do. */
  readonly pools: () => readonly Pick<InferencePool, 'threads' | 'inFlight'>[];
  /** undefined if there is none yet, or Kafka is disabled. */
  readonly session: () => Session | undefined;
  /** Partitions that an operator has paused. */
  readonly paused: () => readonly TopicPartition[];
  /** Why values wait for their schemas, if they do. */
  readonly schemaTrouble: () => string | undefined;
  /** Of the model in use. */
  readonly drift: () => Drift;
  readonly shadow: () => ShadowReport;
  readonly canary: () => CanaryReport;
  readonly baseline: () => Baseline;
  readonly state: () => RunState;
  readonly predict: ServiceView['predict'];
  readonly recentDeadLetters: () => readonly RecentDeadLetter[];
}

/** A poll loop without an iteration for this long is considered hung. */
const SILENT_MS_MAX = 60_000;
/** Four unanswered requests. A restart would not help, so this does not affect liveness. */
const BROKER_SILENT_MS_MAX = 20_000;
/** After this many failed transactions in a row the process is not ready. */
const FAILED_CYCLES_MAX = 3;
const OBSERVE_MS = 1_000;
/** Characters. */
const TOPIC_LABEL_MAX = 1_000;
/** Paused partitions that are named in a sentence. */
const NAMED_MAX = 5;

/** Observes the running parts: gauges, health, metrics. Changes nothing. */
export class Monitor implements MetricsSource, ServiceView {
  readonly counters: Counters;
  readonly exemplars: Exemplars;
  readonly labels: { readonly topic: string; readonly consumerGroup: string };
  readonly limits: ServiceLimits;
  readonly #options: MonitorOptions;
  readonly #rate = new Rate();
  readonly #timer: NodeJS.Timeout;
  readonly #lag: OwnLag;
  readonly #load: LoadWatch;
  readonly #startedAt = performance.now();
  readonly #instance: InstanceInfo;
  #registry: MetricsRegistry | undefined;

  constructor(options: MonitorOptions) {
    this.#options = options;
    this.counters = options.counters;
    this.exemplars = options.exemplars;
    const { topic, consumer_group: consumerGroup } = options.config.kafka;
    this.labels = { topic: topicLabel(topic), consumerGroup };
    this.limits = limitsOf(options.config);
    this.#instance = newInstance(options.config);
    this.#lag = new OwnLag(options.session);
    this.#load = new LoadWatch(options);
    this.#timer = setInterval(() => {
      this.#options.drift().observe(performance.now());
      this.#rate.observe(this.counters.messagesProcessed);
      // Notices, too, when messages start waiting in a partition, and whether its offset moves.
      this.#load.observe(this.#lag.now());
    }, OBSERVE_MS);
    this.#timer.unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  get build(): BuildInfo {
    return this.#options.build();
  }

  gauges(): Gauges {
    const { table, pools, session, state } = this.#options;
    const threads = sum(pools().map((pool) => pool.threads));
    const batches = sum(pools().map((pool) => pool.inFlight));
    return {
      state: state(),
      ready: this.readiness().ok,
      pausedPartitions: this.#options.paused().length,
      drift: this.#options.drift().values,
      lag: this.#lag.now(),
      desiredReplicas: this.#load.desiredReplicas,
      throughputTps: this.#rate.perSecond,
      inflightMessages: table.usedCount,
      inflightBytes: table.bytes,
      consumerThreads: session()?.consumers.length ?? 0,
      inferenceThreads: threads,
      runningBatches: Math.min(batches, threads),
      queuedBatches: Math.max(0, batches - threads),
      unbatchedMessages: session()?.pipeline?.waiting ?? 0,
      schemaWaitingMessages: session()?.pipeline?.waitingForSchema ?? 0,
    };
  }

  metricsText(accept: string | undefined): Promise<MetricsText> {
    this.#registry ??= new MetricsRegistry(this);
    return this.#registry.text(accept);
  }

  kafkaMetrics(): KafkaMetrics {
    return kafkaMetrics(this);
  }

  liveness(): HealthReport {
    const silentMs =
      this.#options.state() === 'running' ? (this.#options.session()?.pipeline?.silentMs ?? 0) : 0;
    const ok = silentMs < SILENT_MS_MAX;
    const reason = `A poll loop has been silent for ${Math.round(silentMs / 1_000)} s.`;
    return report([{ name: 'poll', ok, ...(ok ? {} : { reason }) }]);
  }

  readiness(): HealthReport {
    const { config, state } = this.#options;
    const session = this.#options.session();
    const stopped = session?.stopReason;
    const silentMs = session?.brokerSilentMs ?? 0;
    const failed = session?.pipeline?.failedCycles ?? 0;
    const missing = session?.missingTopics ?? [];
    const paused = this.#options.paused();
    const schemaTrouble = this.#options.schemaTrouble();
    const unreadable = unreadableIn(session?.assignments.ledgers() ?? []);
    // Without Kafka there is nothing to wait for: only HTTP predictions are served.
    const hasJoined = !config.kafka.enabled || session?.hasJoined === true;
    return report([
      check('running', state() === 'running', `The consumer is ${state()}.`),
      check(
        'broker',
        silentMs < BROKER_SILENT_MS_MAX,
        `No broker has answered for ${Math.round(silentMs / 1_000)} s.`,
      ),
      check('topics', missing.length === 0, `There is no topic ${missing.join(', ')}.`),
      check('assigned', hasJoined, 'The group has not assigned any partitions yet.'),
      check(
        'transactions',
        failed < FAILED_CYCLES_MAX,
        `The last ${failed} transactions failed. ${session?.pipeline?.lastFailure?.message ?? ''}`.trim(),
      ),
      check('readable', unreadable.length === 0, unreadable.join(' ')),
      check('schemas', schemaTrouble === undefined, schemaTrouble ?? ''),
      check('dead_letters', stopped === undefined, stopped ?? ''),
      check('paused', paused.length === 0, pausedSentence(paused, session)),
    ]);
  }

  details(): HealthDetails {
    const paused = new Set(this.#options.paused().map(placeName));
    return {
      state: this.#options.state(),
      instance: this.#instance,
      consumerGroup: this.labels.consumerGroup,
      uptimeSeconds: (performance.now() - this.#startedAt) / 1_000,
      build: this.build,
      configFingerprint: configFingerprint(this.#options.current()),
      load: {
        throughputTps: this.#rate.perSecond,
        processingP99Ms: this.#load.processingP99Ms,
        inflightMessages: this.#options.table.usedCount,
      },
      partitions: this.#lag
        .now()
        .map(({ topic, partition, messages, seconds, heldBack, holder, status }) => ({
          topic,
          partition,
          lagMessages: messages,
          lagSeconds: seconds ?? 0,
          heldBack,
          holder,
          status,
          paused: paused.has(placeName({ topic, partition })),
        })),
    };
  }

  baseline(): Baseline {
    return this.#options.baseline();
  }

  shadow(): ShadowReport {
    return this.#options.shadow();
  }

  canary(): CanaryReport {
    return this.#options.canary();
  }

  predict(...asked: Parameters<ServiceView['predict']>): Promise<readonly Prediction[]> {
    return this.#options.predict(...asked);
  }

  why(): WhyReport {
    return this.#load.report(() => this.#lag.now());
  }

  recentDeadLetters(): readonly RecentDeadLetter[] {
    return this.#options.recentDeadLetters();
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

function limitsOf({ kafka, model }: Config): ServiceLimits {
  return {
    messages: kafka.buffer_size,
    bytes: kafka.buffer_bytes,
    inferenceThreads: model.max_threads,
    batchRows: kafka.batch_size,
    batchTokens: model.tokens_per_batch,
  };
}

/** Which, or how many of those held. */
function pausedSentence(paused: readonly TopicPartition[], session: Session | undefined): string {
  const held = currentLedgers(session).length;
  const some = paused.length > NAMED_MAX ? `${paused.length} of ${held}` : paused.map(placeName).join(', ');
  return `An operator has paused ${paused.length === held ? 'all partitions' : some}.`;
}

/** A sentence for each partition that stands still. */
function unreadableIn(ledgers: Iterable<OffsetLedger>): string[] {
  return [...ledgers].flatMap(({ unreadable }) => {
    return unreadable === undefined ? [] : [unreadableError(unreadable).message];
  });
}

function check(name: string, ok: boolean, reason: string): HealthCheck {
  return ok ? { name, ok } : { name, ok, reason };
}

function report(checks: readonly HealthCheck[]): HealthReport {
  return { ok: checks.every((entry) => entry.ok), checks };
}

/** It is part of every series, so a long list of topics is named by its first. */
function topicLabel(topics: readonly string[]): string {
  const all = topics.join(',');
  return all.length <= TOPIC_LABEL_MAX ? all : `${topics[0]} and ${topics.length - 1} more`;
}
