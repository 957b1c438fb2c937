import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import rdkafkaModule from 'node-rdkafka';

export const librdkafkaVersion: string = rdkafkaModule.librdkafkaVersion;

/** What librdkafka was built with: `ssl`, `sasl_scram`, `zstd` … */
export const librdkafkaFeatures: readonly string[] = rdkafkaModule.features;

/** Whether node-rdkafka was compiled with the changes of scripts/rdkafka-patch.mjs (ADR 0016). */
export function isPatched(): boolean {
  const folder = dirname(createRequire(import.meta.url).resolve('node-rdkafka/package.json'));
  return existsSync(join(folder, 'build/Release/kubesentiment-patched-3'));
}
