import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Config } from '../config/schema.ts';
import { KubesentimentError } from '../errors.ts';
import { readConfiguredModel } from '../predict/model-parts.ts';
import type { ModelInfo } from '../types.ts';
import { checkModel, type ModelReport } from './model-check.ts';
import { compareModels, type ModelComparison, ownTexts } from './model-compare.ts';
import { modelCard } from './model-card.ts';

export interface ModelImport {
  readonly directory: string;
  readonly files: readonly string[];
  /** Of the new directory, as the service loads it. */
  readonly report: ModelReport;
  /** With the original, over the same texts. */
  readonly comparison: ModelComparison;
}

const GRAPH = 'model.onnx';
/** Of a model that is quantized while it runs, scores depend a little on which texts share a batch. */
const AGREED_MIN = 0.98;

/** The settings `model.path` and `model.file` for a directory, or for one ONNX file of a directory. */
export function sourceSettings(source: string): { readonly path: string; readonly file?: string } {
  if (!source.endsWith('.onnx')) return { path: source };
  const folder = dirname(resolve(source));
  // Exporters put graphs into a folder of their own.
  const root = [folder, dirname(folder)].find((each) => existsSync(join(each, 'config.json'))) ?? folder;
  return { path: root, file: resolve(source) };
}

/**
 * Copies what the service needs of the model that `config` names into the new directory `out`, names its labels there,
 * tries it, compares it with the original, and writes a card. Nothing is left behind when it fails. KS_USAGE if `out`
 * is there, KS_MODEL_NOT_FOUND, KS_MODEL_INVALID, KS_MODEL_UNSUPPORTED, KS_INFERENCE_FAILED.
 */
export async function importModel(config: Config, out: string, speedMs: number): Promise<ModelImport> {
  const target = resolve(out);
  if (existsSync(target)) {
    throw new KubesentimentError('KS_USAGE', `${out} is there already.`, {
      remedy: 'Name a directory that does not exist yet, or remove this one.',
    });
  }
  const model = readConfiguredModel(config);
  // Renamed as a whole at the end: a service that watches the directory never sees half of it.
  const unfinished = `${target}.unfinished-${process.pid}`;
  try {
    copyModel(model, unfinished);
    const copy = {
      ...config,
      model: { ...config.model, path: unfinished, file: undefined, labels: undefined },
    };
    const comparison = await compareModels([config, copy as Config], ownTexts());
    const { agreed, texts } = comparison;
    if (agreed < AGREED_MIN * texts) {
      throw new KubesentimentError(
        'KS_MODEL_INVALID',
        `The copy answers otherwise than the original: ${agreed} of ${texts} labels are the same.`,
      );
    }
    const report = await checkModel(copy as Config, speedMs);
    writeFileSync(join(unfinished, 'README.md'), modelCard(basename(target), model, report, comparison));
    renameSync(unfinished, target);
    const files = readdirSync(target, { recursive: true }).map(String).sort();
    return {
      directory: target,
      files,
      report: { ...report, name: basename(target), directory: target },
      comparison,
    };
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

function copyModel(model: ModelInfo, folder: string): void {
  const copy = (from: string, name: string): void => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    copyFileSync(from, join(folder, name));
  };
  copy(model.onnxPath, GRAPH);
  for (const { name, path } of model.graph.weightPaths) copy(path, name);
  for (const path of model.tokenizerFiles) copy(path, basename(path));
  const config = JSON.parse(readFileSync(join(model.directory, 'config.json'), 'utf8')) as object;
  writeFileSync(
    join(folder, 'config.json'),
    `${JSON.stringify(withLabels(config, model.labels), undefined, 2)}\n`,
  );
}

/** Labels that came from a setting, from `label2id` or from nowhere stand in the file from now on. */
function withLabels(config: object, labels: readonly string[]): object {
  return {
    ...config,
    num_labels: labels.length,
    id2label: Object.fromEntries(labels.map((label, id) => [id, label])),
    label2id: Object.fromEntries(labels.map((label, id) => [label, id])),
  };
}
