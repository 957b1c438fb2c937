import { existsSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Batcher } from '../classify/batcher.ts';
import type { BatchLimits } from '../classify/message-batch.ts';
import type { Config } from '../config/schema.ts';
import { Decoder } from '../decode/decoder.ts';
import { KubesentimentError } from '../errors.ts';
import { type BackendModule, nullBackend, onnxBackend } from '../infer/backend.ts';
import { InferencePool } from '../infer/inference-pool.ts';
import type { Layout } from '../infer/layout.ts';
import { readModel } from '../infer/model.ts';
import type { SlotTable } from '../slots.ts';
import type { ModelInfo } from '../types.ts';

/** From dist/src/predict to the root of the package. */
const packageRoot = fileURLToPath(new URL('../../../', import.meta.url));
/** Provides the tokenizer and labels when there is no model (`model.path: null`). */
const DEFAULT_MODEL = 'models/default';

/** A relative path is resolved against the working directory first, then against this package. */
export function resolveModelPath(path: string): string {
  if (isAbsolute(path) || existsSync(path)) return path;
  const packaged = join(packageRoot, path);
  return existsSync(packaged) ? packaged : path;
}

export function readConfiguredModel(config: Config): ModelInfo {
  const { path, max_length: maxLength, tokens_per_batch: tokensMax } = config.model;
  const model = readModel(resolveModelPath(path ?? DEFAULT_MODEL), maxLength);
  if (model.maxLength > tokensMax) {
    throw new KubesentimentError(
      'KS_CONFIG_INVALID',
      `model.tokens_per_batch (${tokensMax}) is too small for a text of ${model.maxLength} tokens.`,
      { remedy: 'Raise model.tokens_per_batch or lower model.max_length.' },
    );
  }
  return path === null ? { ...model, name: 'null', version: '0' } : model;
}

/** `provider`: the one that the model was loaded with. */
export function batchLimits(config: Config, provider = 'cpu'): BatchLimits {
  return { rowsMax: config.kafka.batch_size, tokensMax: tokensOf(config, provider) };
}

/** A GPU needs much larger batches than a CPU core. */
function tokensOf({ model }: Config, provider: string): number {
  return provider === 'cuda' ? model.tokens_per_batch_cuda : model.tokens_per_batch;
}

/** `backend`: what runs the model. Default: ONNX Runtime, or nothing if `model.path` is null. */
export function createPool(
  config: Config,
  model: ModelInfo,
  backend: BackendModule = config.model.path === null ? nullBackend : onnxBackend,
): InferencePool {
  const { model: settings } = config;
  // Room for the largest batch of any provider, since the provider is only known once the model is loaded.
  const tokensMax = Math.max(...settings.execution_providers.map((provider) => tokensOf(config, provider)));
  const layout: Layout = { rowsMax: config.kafka.batch_size, tokensMax, labels: model.labels.length };
  return new InferencePool({
    backend,
    model: { onnxPath: model.onnxPath, executionProviders: settings.execution_providers, layout },
    threadsMin: Math.min(settings.min_threads, settings.max_threads),
    threadsMax: settings.max_threads,
    timeoutMs: config.kafka.processing_timeout_ms,
  });
}

export function createDecoder(
  config: Config,
  model: ModelInfo,
  table: SlotTable,
  allScores?: Float32Array | undefined,
): Decoder {
  return new Decoder({
    tokenizerPath: model.tokenizerPath,
    maxTokens: model.maxLength,
    padId: model.padId,
    table,
    maxMessageBytes: config.kafka.max_message_bytes,
    maxDepth: config.kafka.max_json_depth,
    encryptedOnly: config.encryption.require,
    labels: model.labels,
    modelName: model.name,
    modelVersion: model.version,
    ...(allScores === undefined ? {} : { allScores }),
  });
}

export function createBatcher(config: Config, model: ModelInfo, table: SlotTable, provider = 'cpu'): Batcher {
  return new Batcher({
    ...batchLimits(config, provider),
    table,
    lengthMax: model.maxLength,
    timeoutMs: config.kafka.batch_timeout_ms,
  });
}
