import type { KafkaMetrics } from '../metrics/kafka-metrics.ts';
import type { MetricsText } from '../metrics/registry.ts';
import type { BuildInfo } from '../metrics/source.ts';
import type { Prediction, RunState } from '../types.ts';

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

/** Burrow's idea of a partition: behind is normal and shrinks, stalled needs a person. */
export type PartitionStatus = 'ok' | 'behind' | 'stalled';

export interface HealthDetails {
  readonly state: RunState;
  readonly uptimeSeconds: number;
  readonly build: BuildInfo;
  readonly partitions: readonly {
    readonly topic: string;
    readonly partition: number;
    readonly lagMessages: number;
    readonly lagSeconds: number;
    readonly status: PartitionStatus;
  }[];
}

/** All that the HTTP server sees of the service. */
export interface ServiceView {
  metricsText(accept: string | undefined): Promise<MetricsText>;
  kafkaMetrics(): KafkaMetrics;
  /** Whether the process is worth keeping: event loop and poll loop turn. Never about the broker. */
  liveness(): HealthReport;
  /** Whether the process does its work: partitions assigned and not stopped. */
  readiness(): HealthReport;
  details(): HealthDetails;
  /** One prediction for each text. KS_STATE when no model is loaded or the service is stopping. */
  predict(texts: readonly string[]): Promise<readonly Prediction[]>;
}
