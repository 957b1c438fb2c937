import type { PartitionLag } from '../lag.ts';
import type { RunState } from '../types.ts';
import type { Counters } from './counters.ts';
import type { Exemplars } from './exemplars.ts';

/** The current state, as opposed to counts. */
export interface Gauges {
  readonly state: RunState;
  /** What `/readyz` answers. */
  readonly ready: boolean;
  /** Partitions held here that an operator has paused. */
  readonly pausedPartitions: number;
  readonly lag: readonly PartitionLag[];
  /** How many processes like this one its partitions need; the sum over the group says how many there should be. */
  readonly desiredReplicas: number;
  /** Results committed per second over the last five seconds. */
  readonly throughputTps: number;
  /** Messages between poll and commit, and the bytes of their values. */
  readonly inflightMessages: number;
  readonly inflightBytes: number;
  /** Consumers of the group in this process. */
  readonly consumerThreads: number;
  readonly inferenceThreads: number;
  /** Batches in a worker. */
  readonly runningBatches: number;
  /** Batches ready for the next free worker. */
  readonly queuedBatches: number;
  /** Decoded messages waiting for a batch. */
  readonly unbatchedMessages: number;
  /** By signal: how far the last results are from the baseline. undefined without one, or with too few results. */
  readonly drift: Readonly<Record<string, number>> | undefined;
  /** Messages whose schema has not come from the Schema Registry yet. */
  readonly schemaWaitingMessages: number;
}

export interface BuildInfo {
  readonly version: string;
  readonly nodeVersion: string;
  readonly librdkafkaVersion: string;
  readonly onnxruntimeVersion: string;
  readonly model: string;
  readonly modelVersion: string;
  readonly delivery: string;
}

/** Everything the metrics are computed from. `gauges` is called once per scrape. */
export interface MetricsSource {
  readonly counters: Counters;
  /** `topic`: the request topic, or several joined by commas. */
  readonly labels: { readonly topic: string; readonly consumerGroup: string };
  readonly build: BuildInfo;
  /** Only with tracing. */
  readonly exemplars?: Exemplars | undefined;
  gauges(): Gauges;
}
