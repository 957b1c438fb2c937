import { Counters } from '../../../src/metrics/counters.ts';
import type { Gauges, MetricsSource } from '../../../src/metrics/source.ts';

const idleGauges: Gauges = {
  state: 'running',
  ready: true,
  pausedPartitions: 0,
  lag: [],
  desiredReplicas: 0,
  throughputTps: 0,
  inflightMessages: 0,
  inflightBytes: 0,
  consumerThreads: 8,
  inferenceThreads: 2,
  runningBatches: 0,
  queuedBatches: 0,
  unbatchedMessages: 0,
  drift: undefined,
  schemaWaitingMessages: 0,
};

/** A source with fresh counters; `gauges` overrides the idle ones. */
export function fakeSource(gauges: Partial<Gauges> = {}): MetricsSource {
  return {
    counters: new Counters(),
    labels: { topic: 'requests', consumerGroup: 'group' },
    build: {
      version: '1.2.3',
      nodeVersion: 'v20.20.2',
      librdkafkaVersion: '2.12.0',
      onnxruntimeVersion: '1.30.0',
      model: 'accurate',
      modelVersion: '0123456789ab',
      delivery: 'exactly_once',
    },
    gauges: () => ({ ...idleGauges, ...gauges }),
  };
}
