import { loadRdkafka } from './rdkafka-module.ts';

export const librdkafkaVersion = (): string => loadRdkafka().librdkafkaVersion;

/** What librdkafka was built with: `ssl`, `sasl_scram`, `zstd` … */
export const librdkafkaFeatures = (): readonly string[] => loadRdkafka().features;

/** Compressions of Kafka that this build cannot read: a partition stands still at a batch with one of them. */
export function missingCodecs(): string[] {
  return ['gzip', 'snappy', 'lz4', 'zstd'].filter((codec) => !librdkafkaFeatures().includes(codec));
}
