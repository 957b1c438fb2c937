import rdkafkaModule from 'node-rdkafka';

export const librdkafkaVersion: string = rdkafkaModule.librdkafkaVersion;

/** What librdkafka was built with: `ssl`, `sasl_scram`, `zstd` … */
export const librdkafkaFeatures: readonly string[] = rdkafkaModule.features;
