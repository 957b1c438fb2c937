import { existsSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Batcher } from '../classify/batcher.ts';
import type { BatchLimits } from '../classify/message-batch.ts';
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
/** Whose tokenizer and labels stand in when there is no model at all (`model.path: null` or `sleep:N`). */
const DEFAULT_MODEL = 'models/default';
/** `model.path: sleep:1000` stands for a model that takes 1,000 µs a message and no processor. */
const SLEEP = /^sleep:(\d{1,7})$/;

/** A relative model path is looked for in the working directory, then in this package. */
export function resolveModelPath(path: string): string {
  if (isAbsolute(path) || existsSync(path)) return path;
  const packaged = join(packageRoot, path);
  return existsSync(packaged) ? packaged : path;
}

export function readConfiguredModel(config: Config): ModelInfo {
  const { path, max_length: maxLength, tokens_per_batch: tokensMax } = config.model;
  const standIn = standInOf(path);
  const model = readModel(resolveModelPath(path === null || standIn ? DEFAULT_MODEL : path), maxLength);
  if (model.maxLength > tokensMax) {
    throw new KubesentimentError(
      'KS_CONFIG_INVALID',
      `model.tokens_per_batch (${tokensMax}) is less than one text of ${model.maxLength} tokens.`,
      { remedy: 'Raise model.tokens_per_batch or lower model.max_length.' },
    );
  }
  return standIn === undefined ? model : { ...model, name: path ?? 'null', version: '0' };
}

/** What stands in for a model, where there is none. */
export function standInOf(path: string | null): { readonly sleepUsPerRow: number } | undefined {
  if (path === null) return { sleepUsPerRow: 0 };
  const sleep = SLEEP.exec(path);
  return sleep === null ? undefined : { sleepUsPerRow: Number(sleep[1]) };
}

/** `provider`: the one that the model was loaded with. */
export function batchLimits(config: Config, provider = 'cpu'): BatchLimits {
  return { rowsMax: config.kafka.batch_size, tokensMax: tokensOf(config, provider) };
}

/** A GPU wants much larger batches than a core. */
function tokensOf({ model }: Config, provider: string): number {
  return provider === 'cuda' ? model.tokens_per_batch_cuda : model.tokens_per_batch;
}

export function createPool(config: Config, model: ModelInfo): InferencePool {
  const { model: settings } = config;
  const standIn = standInOf(settings.path);
  // Room for the largest batch of any provider: which one it will be is known only once the model is loaded.
  const tokensMax = Math.max(...settings.execution_providers.map((provider) => tokensOf(config, provider)));
  const layout: Layout = { rowsMax: config.kafka.batch_size, tokensMax, labels: model.labels.length };
  return new InferencePool({
    onnxPath: standIn === undefined ? model.onnxPath : null,
    sleepUsPerRow: standIn?.sleepUsPerRow ?? 0,
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
