import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { KubesentimentError } from '../errors.ts';
import type { ModelInfo } from '../types.ts';

interface HubConfig {
  readonly id2label?: Record<string, string>;
  readonly max_position_embeddings?: number;
  readonly pad_token_id?: number | null;
  readonly model_type?: string;
}

/** Where exporters put the graph, in the order in which we look. */
const ONNX_PATHS = [
  'model.onnx',
  'onnx/model.onnx',
  'model_quantized.onnx',
  'onnx/model_quantized.onnx',
] as const;
/** Older directories have only the vocabulary, see `readTokenizerFile`. */
const TOKENIZER_FILES = ['tokenizer.json', 'vocab.json', 'vocab.txt'] as const;
/** RoBERTa-like models number positions from pad + 1, so two of them are not usable. */
const OFFSET_POSITIONS: ReadonlySet<string> = new Set(['roberta', 'xlm-roberta', 'camembert']);

/**
 * Reads a Hugging Face text-classification directory: config.json, tokenizer.json, an ONNX file.
 *
 * @param maxLength most tokens of a row that the caller wants; the model's own limit wins.
 * @throws KS_MODEL_NOT_FOUND, KS_MODEL_INVALID
 */
export function readModel(directory: string, maxLength: number): ModelInfo {
  const root = resolve(directory);
  if (!existsSync(root) || !statSync(root).isDirectory()) {
    throw new KubesentimentError('KS_MODEL_NOT_FOUND', `The model directory "${directory}" does not exist.`, {
      remedy: 'Set model.path to a Hugging Face directory with config.json, tokenizer.json and model.onnx.',
    });
  }
  const config = readJson<HubConfig>(root, 'config.json');
  const tokenizerConfig = existsSync(join(root, 'tokenizer_config.json'))
    ? readJson<{ model_max_length?: number }>(root, 'tokenizer_config.json')
    : {};
  const onnx = ONNX_PATHS.find((path) => existsSync(join(root, path)));
  if (onnx === undefined) throw invalid(root, `has none of ${ONNX_PATHS.join(', ')}`);
  const tokenizer = TOKENIZER_FILES.find((file) => existsSync(join(root, file)));
  if (tokenizer === undefined) throw invalid(root, 'has no tokenizer.json');
  const onnxPath = join(root, onnx);
  return {
    name: basename(root),
    version: createHash('sha256').update(readFileSync(onnxPath)).digest('hex').slice(0, 12),
    directory: root,
    onnxPath,
    tokenizerPath: join(root, tokenizer),
    labels: readLabels(root, config),
    maxLength: Math.min(maxLength, positionsOf(config), tokenizerConfig.model_max_length ?? maxLength),
    padId: config.pad_token_id ?? -1,
  };
}

function positionsOf(config: HubConfig): number {
  const positions = config.max_position_embeddings ?? Number.POSITIVE_INFINITY;
  return OFFSET_POSITIONS.has(config.model_type ?? '') ? positions - 2 : positions;
}

function readLabels(root: string, config: HubConfig): string[] {
  const entries = Object.entries(config.id2label ?? {});
  const labels = entries.map((_, index) => config.id2label?.[String(index)]);
  if (labels.length < 2 || labels.length > 255 || labels.some((label) => typeof label !== 'string')) {
    throw invalid(root, 'has no id2label with the labels 0, 1, … in config.json');
  }
  return labels as string[];
}

function readJson<T>(root: string, file: string): T {
  const path = join(root, file);
  if (!existsSync(path)) throw invalid(root, `has no ${file}`);
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  } catch (error) {
    throw invalid(root, `has a ${file} that is not JSON`, error);
  }
}

function invalid(root: string, what: string, cause?: unknown): KubesentimentError {
  return new KubesentimentError('KS_MODEL_INVALID', `The model directory "${basename(root)}" ${what}.`, {
    remedy: 'It must be a Hugging Face text-classification directory exported to ONNX.',
    cause,
  });
}
