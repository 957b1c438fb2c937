import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import rdkafkaModule from 'node-rdkafka';

export const librdkafkaVersion: string = rdkafkaModule.librdkafkaVersion;

/** What librdkafka was built with: `ssl`, `sasl_scram`, `zstd` … */
export const librdkafkaFeatures: readonly string[] = rdkafkaModule.features;

/** Compressions of Kafka that this build cannot read: a partition stands still at a batch with one of them. */
export function missingCodecs(): string[] {
  return ['gzip', 'snappy', 'lz4', 'zstd'].filter((codec) => !librdkafkaFeatures.includes(codec));
}

/** Whether node-rdkafka was compiled with the changes of scripts/rdkafka-patch.mjs (ADR 0016), which marks it so. */
export function isPatched(): boolean {
  const own = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
    config: { rdkafka_patch: string };
  };
  const folder = dirname(createRequire(import.meta.url).resolve('node-rdkafka/package.json'));
  const marker = join(folder, 'build/Release/kubesentiment-patched');
  return existsSync(marker) && readFileSync(marker, 'utf8').trim() === own.config.rdkafka_patch;
}
