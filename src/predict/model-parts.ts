import { existsSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Batcher } from '../classify/batcher.ts';
import type { BatchLimits } from '../classify/message-batch.ts';
import type { ScoreSettings } from '../classify/scores.ts';
import type { Config } from '../config/schema.ts';
import { Decoder } from '../decode/decoder.ts';
import type { LoadedTokenizer } from '../decode/loaded-tokenizer.ts';
import { mappingOf } from '../decode/mapping.ts';
import { KubesentimentError } from '../errors.ts';
import { type BackendModule, nullBackend, onnxBackend } from '../infer/backend.ts';
import { InferencePool } from '../infer/inference-pool.ts';
import type { Layout } from '../infer/layout.ts';
import { readModel } from '../infer/model.ts';
import type { ModelSettings } from '../infer/model-settings.ts';
import type { SlotTable } from '../slots.ts';
import type { ModelInfo } from '../types.ts';
import { TopicRequests } from '../config/topic-requests.ts';
import { type ReadAside, readModelAside } from './read-aside.ts';
import type { ModelTraits } from './trial.ts';

/** Of the process: what the parts of a model leave behind when they are closed. */
export { trimMemory } from '../decode/binding.ts';

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
  return checked(config, readModel(modelDirectory(config), modelSettings(config)));
}

/** The same, without blocking the event loop. */
export async function readConfiguredModelAside(config: Config): Promise<ReadAside> {
  const found = await readModelAside(modelDirectory(config), modelSettings(config));
  return { ...found, info: checked(config, found.info) };
}

export function modelDirectory({ model: { path } }: Pick<Config, 'model'>): string {
  return resolveModelPath(path ?? DEFAULT_MODEL);
}

function modelSettings({ model }: Config): ModelSettings {
  return {
    maxLength: model.max_length,
    lengthDefaultMax: model.tokens_per_batch,
    file: model.file,
    labels: model.labels,
    activation: model.activation,
    threshold: model.threshold,
    minScore: model.min_score,
    uncertainLabel: model.uncertain_label,
    truncationSide: model.truncate_side,
    windowOverlap: model.long_text === 'windows' ? model.window_overlap : undefined,
  };
}

function checked({ model }: Config, info: ModelInfo): ModelInfo {
  const width = info.graph.widthFixed ?? info.maxLength;
  if (width > model.tokens_per_batch) {
    throw new KubesentimentError(
      'KS_CONFIG_INVALID',
      `model.tokens_per_batch (${model.tokens_per_batch}) is too small for a text of ${width} tokens.`,
      { remedy: 'Raise model.tokens_per_batch or lower model.max_length.' },
    );
  }
  return model.path === null ? { ...info, name: 'null', version: '0' } : info;
}

/** KS_CONFIG_INVALID for a cache of answers that would be others beside other texts. */
export function checkCache({ model }: Config, { graph }: Pick<ModelInfo, 'graph'>): void {
  if (model.cache_bytes === 0 || graph.quantization !== 'dynamic') return;
  throw new KubesentimentError(
    'KS_CONFIG_INVALID',
    'model.cache_bytes: this model is quantized dynamically, so the score of a text depends on the texts beside it.',
    {
      remedy:
        'Set model.cache_bytes to 0, or make its scales constant with ' +
        '"kubesentiment model import --quantize --texts FILE".',
    },
  );
}

/** What the model was loaded with, and what a trial has found out; `provider`: default cpu. */
export interface LoadedWith {
  readonly provider?: string | undefined;
  readonly traits?: ModelTraits | undefined;
}

export function batchLimits(
  config: Config,
  model: ModelInfo,
  { provider, traits }: LoadedWith = {},
): BatchLimits {
  return {
    rowsMax: config.kafka.batch_size,
    tokensMax: tokensOf(config, provider ?? 'cpu'),
    widthFixed: model.graph.widthFixed,
    equalLengths: traits?.equalLengths,
  };
}

export function scoreSettings({ labels, head }: ModelInfo, traits?: ModelTraits): ScoreSettings {
  return {
    labels: labels.length,
    activation: traits?.activation ?? head.activation,
    minScore: head.minScore,
  };
}

/** The label of a slot's `label` column: one more than there are outputs stands for an uncertain text. */
export function labelOf({ labels, head }: ModelInfo, index: number): string {
  return labels[index] ?? head.uncertainLabel;
}

/** Results need the scores of all labels if they are wanted, or if a text can have several labels. */
export function needsAllScores(config: Config, model: ModelInfo): boolean {
  return config.model.return_all_scores || model.head.isMultiLabel;
}

/** A GPU needs much larger batches than a CPU core. */
function tokensOf({ model }: Config, provider: string): number {
  return provider === 'cuda' ? model.tokens_per_batch_cuda : model.tokens_per_batch;
}

/**
 * `backend`: what runs the model. Default: ONNX Runtime, or nothing if `model.path` is null. `givesWay`: see
 * `InferencePoolOptions`.
 */
export function createPool(
  config: Config,
  model: ModelInfo,
  backend: BackendModule = config.model.path === null ? nullBackend : onnxBackend,
  givesWay = false,
): InferencePool {
  const { model: settings } = config;
  // Room for the largest batch of any provider, since the provider is only known once the model is loaded.
  const { graph } = model;
  const tokensMax = Math.max(
    ...settings.execution_providers.map((provider) => tokensOf(config, provider)),
    (graph.rowsFixed ?? 1) * (graph.widthFixed ?? model.maxLength),
  );
  const layout: Layout = { rowsMax: config.kafka.batch_size, tokensMax, labels: model.labels.length };
  return new InferencePool({
    backend,
    model: { onnxPath: model.onnxPath, graph, executionProviders: settings.execution_providers, layout },
    threadsMin: Math.min(settings.min_threads, settings.max_threads),
    threadsMax: settings.max_threads,
    timeoutMs: config.kafka.processing_timeout_ms,
    givesWay,
  });
}

/** What is not the same for all decoders of a model. */
export interface DecoderChoices {
  readonly cacheBytes?: number;
  readonly stage?: 1 | 2 | undefined;
  readonly tokenizer?: LoadedTokenizer | undefined;
}

export function createDecoder(
  config: Config,
  model: ModelInfo,
  table: SlotTable,
  allScores?: Float32Array | undefined,
  { cacheBytes = 0, stage, tokenizer }: DecoderChoices = {},
): Decoder {
  const requests = new TopicRequests(config).all;
  const [mapping, ...otherMappings] = requests.map((request) => mappingOf(request, config.result));
  return new Decoder({
    tokenizerPath: model.tokenizerPath,
    tokenizer,
    maxTokens: model.maxLength,
    padId: model.padId,
    padSide: model.padSide,
    truncationSide: model.truncationSide,
    windowOverlap: model.windowOverlap,
    table,
    maxMessageBytes: config.kafka.max_message_bytes,
    maxDepth: config.kafka.max_json_depth,
    encryptedOnly: config.encryption.require,
    labels: model.labels,
    uncertainLabel: model.head.uncertainLabel,
    threshold: model.head.isMultiLabel ? model.head.threshold : undefined,
    modelName: model.name,
    modelVersion: model.version,
    ...(allScores === undefined ? {} : { allScores }),
    mapping,
    otherMappings,
    stage,
    resultFormat: config.result.format,
    resultMember: config.result.shape === 'request' ? config.result.member : undefined,
    cacheBytes,
  });
}

export function createBatcher(
  config: Config,
  model: ModelInfo,
  table: SlotTable,
  loaded: LoadedWith = {},
  timeoutMs: () => number = () => config.kafka.batch_timeout_ms,
): Batcher {
  return new Batcher({
    ...batchLimits(config, model, loaded),
    table,
    lengthMax: model.maxLength,
    hasWindows: model.windowOverlap !== undefined,
    get timeoutMs() {
      return timeoutMs();
    },
  });
}
