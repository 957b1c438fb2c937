import type { LagStatus } from '../lag.ts';
import type { KafkaMetrics } from '../metrics/kafka-metrics.ts';
import type { MetricsText } from '../metrics/registry.ts';
import type { BuildInfo, MetricsSource } from '../metrics/source.ts';
import type { Prediction, RecentDeadLetter, RunState } from '../types.ts';

export interface HealthCheck {
  readonly name: string;
  readonly ok: boolean;
  /** What is wrong, one sentence; shown to callers without a token, so nothing secret. */
  readonly reason?: string;
}

export interface HealthReport {
  readonly ok: boolean;
  readonly checks: readonly HealthCheck[];
}

export interface HealthDetails {
  readonly state: RunState;
  readonly uptimeSeconds: number;
  readonly build: BuildInfo;
  readonly partitions: readonly {
    readonly topic: string;
    readonly partition: number;
    readonly lagMessages: number;
    readonly lagSeconds: number;
    readonly status: LagStatus;
  }[];
}

/** What the gauges are to be compared with. */
export interface ServiceLimits {
  readonly messages: number;
  readonly bytes: number;
  readonly inferenceThreads: number;
  readonly batchRows: number;
  readonly batchTokens: number;
}

/** All that the HTTP server sees of the service. */
export interface ServiceView extends MetricsSource {
  readonly limits: ServiceLimits;
  /** The newest first; an array of its own each time it changes. */
  recentDeadLetters(): readonly RecentDeadLetter[];
  metricsText(accept: string | undefined): Promise<MetricsText>;
  kafkaMetrics(): KafkaMetrics;
  /** Whether the process is worth keeping: event loop and poll loop turn. Never about the broker. */
  liveness(): HealthReport;
  /** Whether the process does its work: partitions assigned and not stopped. */
  readiness(): HealthReport;
  details(): HealthDetails;
  /**
   * One prediction for each text, with what the pipeline leaves over of the inference threads. Ends early when
   * `signal` says that nobody waits any more. KS_STATE when no model is loaded or the service is stopping.
   */
  predict(texts: readonly string[], signal?: AbortSignal): Promise<readonly Prediction[]>;
}
