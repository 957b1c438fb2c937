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
const onnxPaths = [
  'model.onnx',
  'onnx/model.onnx',
  'model_quantized.onnx',
  'onnx/model_quantized.onnx',
] as const;
/** Older directories have only the vocabulary, see `readTokenizerFile`. */
const tokenizerFiles = ['tokenizer.json', 'vocab.json', 'vocab.txt'] as const;
/** RoBERTa-like models number positions from pad + 1, so two of them are not usable. */
const offsetPositions: ReadonlySet<string> = new Set(['roberta', 'xlm-roberta', 'camembert']);

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
  const onnx = onnxPaths.find((path) => existsSync(join(root, path)));
  if (onnx === undefined) throw invalid(root, `has none of ${onnxPaths.join(', ')}`);
  const tokenizer = tokenizerFiles.find((file) => existsSync(join(root, file)));
  if (tokenizer === undefined) throw invalid(root, 'has no tokenizer.json');
  const onnxPath = join(root, onnx);
  return {
    name: basename(root),
    version: createHash('sha256').update(readFileSync(onnxPath)).digest('hex').slice(0, 12),
    directory: root,
    onnxPath,
    tokenizerPath: join(root, tokenizer),
    labels: readLabels(root, config),
    maxLength: Math.min(
      maxLength,
      positionsOf(root, config),
      lengthOf(root, 'model_max_length', tokenizerConfig.model_max_length),
    ),
    padId: config.pad_token_id == null ? -1 : tokenId(root, config.pad_token_id),
  };
}

function tokenId(root: string, id: number): number {
  if (Number.isInteger(id) && id >= 0 && id <= 0x7fffffff) return id;
  throw invalid(root, 'has a pad_token_id that is no token id in config.json');
}

/** A length that a file names, of which some say "no limit" with a huge number. */
function lengthOf(root: string, name: string, length: number | undefined): number {
  if (length === undefined) return Number.POSITIVE_INFINITY;
  if (typeof length === 'number' && length >= 1 && (Number.isInteger(length) || length > 1e15)) return length;
  throw invalid(root, `has a ${name} that is no number of tokens`);
}

function positionsOf(root: string, config: HubConfig): number {
  const positions = lengthOf(root, 'max_position_embeddings', config.max_position_embeddings);
  return offsetPositions.has(config.model_type ?? '') ? positions - 2 : positions;
}

function readLabels(root: string, config: HubConfig): string[] {
  const given = typeof config.id2label === 'object' ? config.id2label : undefined;
  const labels = Object.keys(given ?? {}).map((_, index) => given?.[String(index)]);
  if (labels.length < 2 || labels.length > 255 || labels.some((label) => typeof label !== 'string')) {
    throw invalid(root, 'has no id2label with the labels 0, 1, … in config.json');
  }
  return labels as string[];
}

function readJson<T>(root: string, file: string): T {
  const path = join(root, file);
  if (!existsSync(path)) throw invalid(root, `has no ${file}`);
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as T;
  } catch (error) {
    throw invalid(root, `has a ${file} that is not JSON`, error);
  }
  throw invalid(root, `has a ${file} that is no JSON object`);
}

function invalid(root: string, what: string, cause?: unknown): KubesentimentError {
  return new KubesentimentError('KS_MODEL_INVALID', `The model directory "${basename(root)}" ${what}.`, {
    remedy: 'It must be a Hugging Face text-classification directory exported to ONNX.',
    cause,
  });
}
