import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Config } from '../config/schema.ts';
import { KubesentimentError } from '../errors.ts';
import { readConfiguredModel } from '../predict/model-parts.ts';
import { StreamProcessor } from '../predict/stream-processor.ts';
import type { ModelInfo } from '../types.ts';
import { type BatchEffect, batchEffect } from './batch-effect.ts';
import { type GraphReport, rewriteGraph } from './graph-rewrite.ts';
import { type CardFacts, modelCard } from './model-card.ts';
import { checkModel } from './model-check.ts';
import { compareModels, type ModelComparison, ownTexts } from './model-compare.ts';
import { copyGraph, copyWithoutGraph, GRAPH } from './model-copy.ts';
import { timesAsFast } from './two-models.ts';
import { inUnfinishedFolder } from './unfinished-folder.ts';

export interface ImportSettings {
  /** The program that rewrites the graph; undefined: it is copied as it is. */
  readonly python: string | undefined;
  /** To int8 with constant scales, measured on `texts`. */
  readonly quantize: boolean;
  /** Both models are compared with them. undefined: sentences of ours. */
  readonly texts: readonly string[] | undefined;
  /** Share of the texts that must keep their label, 0…1. */
  readonly agreementMin: number;
  /** How long the speed is measured. */
  readonly speedMs: number;
}

/** `report` and `batchEffect` are those of the new directory, `comparison` is with the original. */
export interface ModelImport extends Omit<CardFacts, 'original'> {
  readonly directory: string;
  readonly files: readonly string[];
}

/** Scales that were measured on fewer would be chance. */
const QUANTIZE_TEXTS_MIN = 100;
/** For trying and calibrating. More make Python slower, not the result better. */
const ROWS_MAX = 768;
/** More is no rounding: something in the graph mixes the texts of a batch. */
const BATCH_EFFECT_MAX = 0.01;

/** The settings `model.path` and `model.file` for a directory, or for one ONNX file of a directory. */
export function sourceSettings(source: string): { readonly path: string; readonly file?: string } {
  if (!source.endsWith('.onnx')) return { path: source };
  const folder = dirname(resolve(source));
  // Exporters put graphs into a folder of their own.
  const root = [folder, dirname(folder)].find((each) => existsSync(join(each, 'config.json'))) ?? folder;
  return { path: root, file: resolve(source) };
}

/**
 * Makes the new directory `out` of the model that `config` names: its graph with fast operators, its tokenizer, its
 * labels, and a card with what was measured. It appears when it is complete and has been compared with the original.
 * KS_USAGE if `out` is there, KS_PYTHON_MISSING, KS_MODEL_NOT_FOUND, KS_MODEL_INVALID, KS_MODEL_UNSUPPORTED,
 * KS_INFERENCE_FAILED.
 */
export async function importModel(
  config: Config,
  out: string,
  settings: ImportSettings,
): Promise<ModelImport> {
  const target = resolve(out);
  if (existsSync(target)) {
    throw new KubesentimentError('KS_USAGE', `${out} is there already.`, {
      remedy: 'Name a directory that does not exist yet, or remove this one.',
    });
  }
  const texts = settings.texts ?? (await ownTexts().next()).value ?? [];
  checkTexts(texts, settings);
  const model = readConfiguredModel(config);
  return inUnfinishedFolder(target, async (folder, signal) => {
    copyWithoutGraph(model, folder);
    const rows = await tokenRows(config, model, texts);
    const graph = await writeGraph(model, folder, rows, settings, signal);
    const here = { ...config.model, path: folder, file: undefined, labels: undefined };
    const copy = { ...config, model: here } as Config;
    const comparison = await compareModels([config, copy], inOnePiece(texts));
    checkAgreement(comparison, settings);
    const effect = await batchEffect(copy, texts);
    checkEffect(effect, settings);
    const faster = await timesAsFast([config, copy], texts, settings.speedMs);
    const report = {
      ...(await checkModel(copy, settings.speedMs)),
      name: basename(target),
      directory: target,
    };
    const found = {
      report,
      comparison,
      batchEffect: effect,
      timesAsFast: faster,
      graph,
      hasOwnTexts: settings.texts !== undefined,
    };
    writeFileSync(join(folder, 'README.md'), modelCard({ ...found, original: model }));
    return {
      ...found,
      directory: target,
      files: readdirSync(folder, { recursive: true }).map(String).sort(),
    };
  });
}

function checkTexts(texts: readonly string[], { quantize }: ImportSettings): void {
  if (texts.length === 0)
    throw new KubesentimentError('KS_USAGE', 'There is no text in the file of --texts.');
  if (!quantize || texts.length >= QUANTIZE_TEXTS_MIN) return;
  throw new KubesentimentError(
    'KS_USAGE',
    `Scales are measured on at least ${QUANTIZE_TEXTS_MIN} texts, and there are ${texts.length}.`,
    { remedy: 'Give more texts like those that will come; a few hundred are enough.' },
  );
}

/** Token ids of texts from all over the list. The original is tried before: what cannot work ends here. */
async function tokenRows(config: Config, model: ModelInfo, texts: readonly string[]): Promise<number[][]> {
  const processor = new StreamProcessor(config, model);
  try {
    await processor.start();
    const step = Math.max(1, texts.length / ROWS_MAX);
    const some = Array.from(
      { length: Math.min(ROWS_MAX, texts.length) },
      (_, i) => texts[Math.floor(i * step)],
    );
    return processor.tokenize(some as string[]).map((ids) => ids.slice(0, model.maxLength));
  } finally {
    await processor.close();
  }
}

async function writeGraph(
  model: ModelInfo,
  folder: string,
  rows: readonly (readonly number[])[],
  { python, quantize }: ImportSettings,
  signal: AbortSignal,
): Promise<GraphReport | undefined> {
  if (python === undefined) {
    copyGraph(model, folder);
    return undefined;
  }
  const { inputs, output, firstPosition, rowsFixed, widthFixed, weightPaths } = model.graph;
  const job = {
    graph: model.onnxPath,
    weights: weightPaths.map(({ path }) => path),
    out: join(folder, GRAPH),
    ...{ inputs, output, firstPosition, rows, quantize },
    padId: Math.max(0, model.padId),
    padLeft: model.padSide === 'left',
    rowsFixed: rowsFixed ?? null,
    widthFixed: widthFixed ?? null,
  };
  return rewriteGraph(python, job, signal);
}

async function* inOnePiece(texts: readonly string[]): AsyncGenerator<string[]> {
  yield [...texts];
}

function checkAgreement(
  { agreed, texts }: ModelComparison,
  { agreementMin, quantize, python }: ImportSettings,
): void {
  if (agreed >= agreementMin * texts) return;
  const share = (100 * agreementMin).toFixed(1);
  const without = quantize ? 'import without --quantize' : 'leave the graph as it is with --keep-graph';
  throw new KubesentimentError(
    'KS_MODEL_INVALID',
    `The new model answers otherwise than the original: ${agreed} of ${texts} texts keep their label, and ${share} % ` +
      'are wanted.',
    python === undefined ? {} : { remedy: `To ${without} is possible, or to allow it with --agreement.` },
  );
}

function checkEffect({ apart, texts }: BatchEffect, { quantize }: ImportSettings): void {
  if (!quantize || apart <= BATCH_EFFECT_MAX) return;
  throw new KubesentimentError(
    'KS_MODEL_INVALID',
    `The scores of the quantized model still depend on the batch: by ${apart.toFixed(4)} among ${texts} texts.`,
    { remedy: 'Import the float32 file of the model.' },
  );
}
