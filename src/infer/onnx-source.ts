import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { ModelGraph } from '../types.ts';
import type { ModelToLoad } from './backend.ts';
import { readOnnx, withFloatOutput } from './onnx-file.ts';
import { planOf } from './onnx-plan.ts';
import { isInPlace, readPinned } from './pinned-files.ts';

/** What ONNX Runtime loads: a file, or a copy of it in memory with its weights. */
export interface OnnxSource {
  readonly path: string;
  readonly inMemory: { readonly bytes: Uint8Array; readonly weights: readonly Weights[] } | undefined;
  /** The output with the logits, of type float32. */
  readonly output: string;
}
interface Weights {
  readonly path: string;
  readonly data: Uint8Array;
}

/**
 * ONNX Runtime's binding for Node can hand over neither bfloat16 nor, everywhere, float16: the graph converts them. A
 * model that another has taken the place of is read from its open files.
 */
export function sourceOf(
  { onnxPath, pinned = [] }: ModelToLoad,
  { output, convertedFrom, weightPaths }: ModelGraph,
): OnnxSource {
  if (convertedFrom === undefined && pinned.every(isInPlace))
    return { path: onnxPath, inMemory: undefined, output };
  const read = (path: string): Uint8Array => {
    const file = pinned.find((each) => each.path === path);
    return file === undefined ? readFileSync(path) : readPinned(file);
  };
  const weights = weightPaths.map(({ name, path }) => ({ path: name, data: read(path) }));
  const graph = read(onnxPath);
  if (convertedFrom === undefined) return { path: onnxPath, inMemory: { bytes: graph, weights }, output };
  const float32 = `${output}_float32`;
  const bytes = withFloatOutput(graph, output, float32);
  return { path: onnxPath, inMemory: { bytes, weights }, output: float32 };
}

/** For callers that have not read the model directory. */
export function graphOf({ graph, onnxPath, layout }: ModelToLoad): ModelGraph {
  if (graph !== undefined) return graph;
  const plan = planOf(readOnnx(readFileSync(onnxPath)), basename(onnxPath), layout.labels);
  return { ...plan, firstPosition: 0, weightPaths: [] };
}
