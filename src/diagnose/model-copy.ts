import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { ModelInfo } from '../types.ts';

/** The name of the graph in an imported directory. */
export const GRAPH = 'model.onnx';

/** The tokenizer, and a config.json that names the labels. */
export function copyWithoutGraph(model: ModelInfo, folder: string): void {
  for (const path of model.tokenizerFiles) copyFileSync(path, join(folder, basename(path)));
  const config = JSON.parse(readFileSync(join(model.directory, 'config.json'), 'utf8')) as object;
  writeFileSync(
    join(folder, 'config.json'),
    `${JSON.stringify(withLabels(config, model.labels), undefined, 2)}\n`,
  );
}

/** The graph as it is, with its weights. */
export function copyGraph(model: ModelInfo, folder: string): void {
  copyFileSync(model.onnxPath, join(folder, GRAPH));
  for (const { name, path } of model.graph.weightPaths) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    copyFileSync(path, join(folder, name));
  }
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
