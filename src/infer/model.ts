import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ModelGraph, ModelInfo, Side } from '../types.ts';
import type { ModelConfig, TokenizerConfig } from './model-config.ts';
import { checkDirectory } from './model-directory.ts';
import { invalid } from './model-error.ts';
import { checkFile, findOnnx, findWeights, isListed, nameOf, readJson, versionOf } from './model-files.ts';
import { readHead } from './model-head.ts';
import { readLabels } from './model-labels.ts';
import { type OnnxGraph, readOnnx } from './onnx-file.ts';
import type { ModelSettings } from './model-settings.ts';
import { findTokenizer } from './model-tokenizer.ts';
import { planOf } from './onnx-plan.ts';

/** RoBERTa-like models number positions from pad + 1, so two of them are not usable. */
const offsetPositions: ReadonlySet<string> = new Set([
  'roberta',
  'xlm-roberta',
  'xlm-roberta-xl',
  'camembert',
  'roberta-prelayernorm',
  'data2vec-text',
  'mpnet',
  'longformer',
]);
const ROBERTA_PAD = 1;
/** For a model that names no limit. */
const LENGTH_DEFAULT = 512;

/**
 * Reads a Hugging Face text-classification directory: config.json, tokenizer.json, an ONNX file.
 *
 * @throws KS_MODEL_NOT_FOUND, KS_MODEL_INVALID, KS_MODEL_UNSUPPORTED
 */
export function readModel(directory: string, settings: ModelSettings = {}): ModelInfo {
  const root = resolve(directory);
  checkDirectory(root, directory);
  const config = readJson<ModelConfig>(root, 'config.json');
  const tokenizerConfig = isListed(root, 'tokenizer_config.json')
    ? readJson<TokenizerConfig>(root, 'tokenizer_config.json')
    : {};
  const { file, others } = findOnnx(root, settings.file);
  const tokenizer = findTokenizer(root, config, tokenizerConfig);
  const graph = readGraph(root, file);
  const plan = planOf(graph, file, settings.labels?.length ?? namedLabels(config));
  const { labels, notes } = readLabels(root, config, settings.labels, plan.columns);
  const { head, notes: headNotes } = readHead(settings, config.problem_type, labels.length);
  const length = readLength(root, settings, config, tokenizerConfig, plan.widthFixed);
  const sides = {
    padSide: sideOf(root, 'padding_side', tokenizerConfig.padding_side),
    truncationSide:
      settings.truncationSide ?? sideOf(root, 'truncation_side', tokenizerConfig.truncation_side),
  };
  const weightPaths = findWeights(root, file, graph.weightFiles);
  const files = [file, ...tokenizer.files].map((name) => join(root, name));
  const { maxLength } = length;
  const { windowOverlap } = settings;
  const results = {
    labels,
    head,
    ...sides,
    maxLength,
    windowOverlap, // no part of the version of a model that truncates
    padId: config.pad_token_id ?? null,
    first: firstPosition(config),
  };
  return {
    name: nameOf(root),
    version: versionOf([...files, ...weightPaths.map(({ path }) => path)], results),
    directory: root,
    onnxPath: join(root, file),
    tokenizerPath: join(root, tokenizer.vocabulary),
    tokenizerFiles: tokenizer.files.map((name) => join(root, name)),
    labels,
    ...length,
    padId: config.pad_token_id == null ? -1 : tokenId(root, config.pad_token_id),
    ...sides,
    windowOverlap,
    graph: { ...plan, weightPaths, firstPosition: firstPosition(config) },
    head,
    notes: [...otherFiles(file, others), ...tokenizer.notes, ...notes, ...headNotes, ...shapeNotes(plan)],
  };
}

function readGraph(root: string, file: string): OnnxGraph {
  checkFile(root, file);
  try {
    return readOnnx(readFileSync(join(root, file)));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw invalid(root, `has a ${file} that is no ONNX model (${reason})`, { cause });
  }
}

function namedLabels({ id2label }: ModelConfig): number | undefined {
  const count = typeof id2label === 'object' && id2label !== null ? Object.keys(id2label).length : 0;
  return count > 0 ? count : undefined;
}

function otherFiles(file: string, others: readonly string[]): string[] {
  return others.length === 0 ? [] : [`It runs ${file}; model.file can choose ${others.join(', ')}.`];
}

function shapeNotes({ rowsFixed, widthFixed }: Pick<ModelGraph, 'rowsFixed' | 'widthFixed'>): string[] {
  const fixed = [
    rowsFixed !== undefined ? `${rowsFixed} ${rowsFixed === 1 ? 'text' : 'texts'}` : '',
    widthFixed !== undefined ? `${widthFixed} tokens` : '',
  ].filter((part) => part !== '');
  if (fixed.length === 0) return [];
  return [
    `The graph takes batches of exactly ${fixed.join(' of ')}, so others are filled up, which is slow; ` +
      'export it with dynamic axes.',
  ];
}

function tokenId(root: string, id: number): number {
  if (Number.isInteger(id) && id >= 0 && id <= 0x7fffffff) return id;
  throw invalid(root, 'has a pad_token_id that is no token id in config.json');
}

function sideOf(root: string, name: string, side: unknown): Side | undefined {
  if (side === undefined || side === null) return undefined;
  if (side === 'left' || side === 'right') return side;
  throw invalid(root, `has a ${name} that is neither left nor right in tokenizer_config.json`);
}

function firstPosition({ model_type, pad_token_id }: ModelConfig): number {
  return offsetPositions.has(model_type ?? '') ? (pad_token_id ?? ROBERTA_PAD) + 1 : 0;
}

function readLength(
  root: string,
  settings: ModelSettings,
  config: ModelConfig,
  { model_max_length }: TokenizerConfig,
  widthFixed: number | undefined,
): Pick<ModelInfo, 'maxLength' | 'lengthLimit'> {
  const limit = Math.min(
    positionsOf(root, config),
    lengthOf(root, 'model_max_length', model_max_length),
    widthFixed ?? Number.POSITIVE_INFINITY,
  );
  const { maxLength, lengthDefaultMax = LENGTH_DEFAULT } = settings;
  const lengthLimit = limit < 1e15 ? limit : undefined;
  return { maxLength: Math.min(maxLength ?? Math.min(lengthDefaultMax, LENGTH_DEFAULT), limit), lengthLimit };
}

/** A length that a file names, of which some say "no limit" with a huge number. */
function lengthOf(root: string, name: string, length: number | undefined): number {
  if (length === undefined || length === null) return Number.POSITIVE_INFINITY;
  if (typeof length === 'number' && length >= 1 && (Number.isInteger(length) || length > 1e15)) return length;
  throw invalid(root, `has a ${name} that is no number of tokens`);
}

function positionsOf(root: string, config: ModelConfig): number {
  const positions = lengthOf(root, 'max_position_embeddings', config.max_position_embeddings);
  return offsetPositions.has(config.model_type ?? '') ? positions - 2 : positions;
}
