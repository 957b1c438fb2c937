import type { Baseline } from '../drift/baseline.ts';
import type { LagStatus } from '../lag.ts';
import type { CanaryEnd } from '../metrics/canary-counts.ts';
import type { KafkaMetrics } from '../metrics/kafka-metrics.ts';
import type { MetricsText } from '../metrics/registry.ts';
import type { BuildInfo, MetricsSource } from '../metrics/source.ts';
import type { PauseSelection } from '../pauses.ts';
import type { Prediction, RecentDeadLetter, RunState, TopicPartition } from '../types.ts';
import type { WhyReport } from '../why/report.ts';

export interface HealthCheck {
  readonly name: string;
  readonly ok: boolean;
  /** What is wrong, in one sentence. Callers without a token see it, so it must not contain secrets. */
  readonly reason?: string;
}

export interface HealthReport {
  readonly ok: boolean;
  readonly checks: readonly HealthCheck[];
}

export interface InstanceInfo {
  /** Another one after each start. */
  readonly id: string;
  /** kafka.group_instance_id, or the name of the host. */
  readonly name: string;
  readonly pid: number;
}

export interface HealthDetails {
  readonly state: RunState;
  readonly instance: InstanceInfo;
  readonly consumerGroup: string;
  readonly uptimeSeconds: number;
  readonly build: BuildInfo;
  /** The same for processes with the same configuration, apart from what belongs to one process. */
  readonly configFingerprint: string;
  readonly load: {
    readonly throughputTps: number;
    /** Of the last ten seconds; null if nothing was committed. */
    readonly processingP99Ms: number | null;
    readonly inflightMessages: number;
  };
  readonly partitions: readonly {
    readonly topic: string;
    readonly partition: number;
    readonly lagMessages: number;
    readonly lagSeconds: number;
    /** Records behind an open transaction of another producer, and whose it is. */
    readonly heldBack: number;
    readonly holder: string | null;
    readonly status: LagStatus;
    /** By an operator: nothing is taken from it. */
    readonly paused: boolean;
  }[];
}

/** The maxima that gauges are shown against. */
export interface ServiceLimits {
  readonly messages: number;
  readonly bytes: number;
  readonly inferenceThreads: number;
  readonly batchRows: number;
  readonly batchTokens: number;
}

/** What an operator may do while the service runs. Both answer with what is paused then. */
export interface ConsumerControl {
  pause(selection: PauseSelection): readonly TopicPartition[];
  resume(selection: PauseSelection): readonly TopicPartition[];
}

/** What a reload of the model has come to; the names are those of the answer over HTTP. */
export interface ModelReloaded {
  /** unchanged: the directory holds the model that is in use. */
  readonly outcome: 'reloaded' | 'unchanged';
  readonly model: string;
  readonly model_version: string;
  readonly previous_version: string;
}

/** Takes up a changed model directory while the service runs. Rejects with the reason if the old model goes on. */
export interface ModelControl {
  reload(): Promise<ModelReloaded>;
}

/** A key whose value has changed; those of secrets are hidden. null: not set. */
export interface ConfigChange {
  readonly key: string;
  readonly from: unknown;
  readonly to: unknown;
}

/** What a reload of the configuration has come to; the names are those of the answer over HTTP. */
export interface ConfigReloaded {
  /** What is used from now on. */
  readonly changed: readonly ConfigChange[];
  /** What is not used before a restart. */
  readonly needs_restart: readonly ConfigChange[];
  /** Whether the model was loaded again, for one of the keys that belong to it. */
  readonly model_reloaded: boolean;
}

/** Reads the configuration again while the service runs. Rejects with everything that is wrong if nothing changes. */
export interface ConfigControl {
  reload(): Promise<ConfigReloaded>;
  /** The configuration in use, with secrets hidden. */
  inUse(): object;
}

/** How far two models agree; the names are those of the answers over HTTP. */
export interface AgreementReport {
  /** Texts that both have answered: with the same label, or another one. */
  readonly compared: number;
  readonly agreed: number;
  readonly differed: number;
  /** Texts for which there was no time. */
  readonly skipped: number;
  /** Of the last 1,000 texts; null before the first. */
  readonly agreement: number | null;
  readonly mean_distance: number | null;
}

/** How far another model agrees with the one in use. */
export interface ShadowReport extends AgreementReport {
  readonly model: string;
  readonly model_version: string;
  /** Texts on which the other model failed. */
  readonly failed: number;
  /** The texts that differ most, by place. */
  readonly differences: readonly ShadowDifference[];
}

/** A text of which two models say different things. */
interface DifferenceAt extends TopicPartition {
  readonly offset: number;
  /** Of the result. */
  readonly label: string;
  readonly score: number;
  readonly distance: number;
}

export interface ShadowDifference extends DifferenceAt {
  /** What the model beside says. */
  readonly shadow_label: string;
  readonly shadow_score: number;
}

/** How a model does that answers some of the keys, and how far the model in use agrees where it was asked, too. */
export interface CanaryReport extends AgreementReport {
  readonly model: string;
  readonly model_version: string;
  readonly state: 'running' | 'returned';
  /** Why all keys go to the model in use again; null while it runs. */
  readonly reason: CanaryEnd | null;
  readonly share: number;
  /** Rows that it has classified, and texts on which it has failed. */
  readonly classified: number;
  readonly failed: number;
  /** For how many times as long as the model in use it works; null before that is known. */
  readonly slowdown: number | null;
  readonly limits: {
    readonly max_disagreement: number;
    readonly max_errors: number;
    readonly max_slowdown: number;
  };
  /** The texts that differ most, by place. */
  readonly differences: readonly CanaryDifference[];
}

export interface CanaryDifference extends DifferenceAt {
  /** What the model in use says. */
  readonly old_label: string;
  readonly old_score: number;
}

/** Ends the trial of a model that answers some of the keys. Both reject with KS_STATE if there is none. */
export interface CanaryCommands {
  /** All keys go to it from now on. Rejects with the reason why it is not used. */
  promote(): Promise<ModelReloaded>;
  /** All keys go to the model in use again. */
  return(): CanaryReport;
}

/** Everything that the HTTP server sees of the service. */
export interface ServiceView extends MetricsSource {
  readonly limits: ServiceLimits;
  /** Newest first. A new array each time it changes. */
  recentDeadLetters(): readonly RecentDeadLetter[];
  metricsText(accept: string | undefined): Promise<MetricsText>;
  kafkaMetrics(): KafkaMetrics;
  /** Whether the event loop and the poll loops are running. Never depends on the broker. */
  liveness(): HealthReport;
  /** Whether the service is consuming: partitions are assigned, and it has not stopped. */
  readiness(): HealthReport;
  details(): HealthDetails;
  /** What limits the service, in one sentence, and the figures behind it. */
  why(): WhyReport;
  /** What the model said in the last hour. KS_STATE if that is too little. */
  baseline(): Baseline;
  /** How far the model beside agrees. KS_STATE if there is none. */
  shadow(): ShadowReport;
  /** How the model does that answers some of the keys. KS_STATE if there is none. */
  canary(): CanaryReport;
  /**
   * One prediction per text, in the time of the inference threads that the pipeline leaves free. `signal` cancels it.
   * `isExplained`: with the weight of each word. KS_STATE when no model is loaded or the service is stopping.
   */
  predict(
    texts: readonly string[],
    signal?: AbortSignal,
    isExplained?: boolean,
  ): Promise<readonly Prediction[]>;
}
