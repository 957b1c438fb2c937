import { existsSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Batcher } from '../batch/batcher.ts';
import type { BatchLimits } from '../batch/message-batch.ts';
import type { Config } from '../config/schema.ts';
import { Decoder } from '../decode/decoder.ts';
import { KubesentimentError } from '../errors.ts';
import { InferencePool } from '../infer/inference-pool.ts';
import type { Layout } from '../infer/layout.ts';
import { readModel } from '../infer/model.ts';
import type { SlotTable } from '../slots.ts';
import type { ModelInfo } from '../types.ts';

/** From dist/src/service to the root of the package. */
const packageRoot = fileURLToPath(new URL('../../../', import.meta.url));
/** Whose tokenizer and labels stand in when there is no model at all (`model.path: null`). */
const DEFAULT_MODEL = 'models/default';

/** A relative model path is looked for in the working directory, then in this package. */
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
      `model.tokens_per_batch (${tokensMax}) is less than one text of ${model.maxLength} tokens.`,
      { remedy: 'Raise model.tokens_per_batch or lower model.max_length.' },
    );
  }
  return path === null ? { ...model, name: 'null', version: '0' } : model;
}

export function batchLimits(config: Config): BatchLimits {
  return { rowsMax: config.kafka.batch_size, tokensMax: config.model.tokens_per_batch };
}

export function createPool(config: Config, model: ModelInfo): InferencePool {
  const layout: Layout = { ...batchLimits(config), labels: model.labels.length };
  return new InferencePool({
    onnxPath: config.model.path === null ? null : model.onnxPath,
    executionProviders: config.model.execution_providers,
    threadsMin: Math.min(config.model.min_threads, config.model.max_threads),
    threadsMax: config.model.max_threads,
    layout,
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
    labels: model.labels,
    modelName: model.name,
    modelVersion: model.version,
    ...(allScores === undefined ? {} : { allScores }),
  });
}

export function createBatcher(config: Config, model: ModelInfo, table: SlotTable): Batcher {
  return new Batcher({
    ...batchLimits(config),
    table,
    lengthMax: model.maxLength,
    timeoutMs: config.kafka.batch_timeout_ms,
  });
}
