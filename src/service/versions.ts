import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { onnxRuntimeFolder } from '../infer/onnx-runtime.ts';
import { librdkafkaVersion } from '../kafka/version.ts';
import type { BuildInfo } from '../metrics/source.ts';
import type { ModelInfo } from '../types.ts';

const require = createRequire(import.meta.url);

export function buildInfo(model: ModelInfo, delivery: string): BuildInfo {
  return {
    version: packageVersion(),
    nodeVersion: process.versions.node,
    librdkafkaVersion: librdkafkaVersion(),
    onnxruntimeVersion: (require(`${onnxRuntimeFolder()}/package.json`) as { version: string }).version,
    model: model.name,
    modelVersion: model.version,
    delivery,
  };
}

let version: string | undefined;

/** Read once: the page asks every second. */
export function packageVersion(): string {
  const file = new URL('../../../package.json', import.meta.url);
  version ??= (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
  return version;
}
