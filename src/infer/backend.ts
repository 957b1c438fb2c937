import type { ModelGraph } from '../types.ts';
import type { Layout } from './layout.ts';
import type { PinnedFile } from './pinned-files.ts';

/** A batch as a backend sees it: views of one buffer that are valid only while `run` is under way. */
export interface BackendBatch {
  readonly rows: number;
  readonly width: number;
  /** Input: token ids, int64 [rows, width]. */
  readonly ids: BigInt64Array;
  /** Input: 1 for tokens and 0 for padding, int64 [rows, width]. */
  readonly mask: BigInt64Array;
  /** Output: float32 [rows, labels]. Holds the values of an earlier batch until they are overwritten. */
  readonly logits: Float32Array;
}

/** What a model was loaded as. */
export interface BackendDescription {
  /** What computes: an execution provider of ONNX Runtime, or `none`. */
  readonly provider: string;
  /** Providers that were preferred to this one but are not available. */
  readonly unavailable: readonly string[];
  /** Whether a few texts are tried before the first message, because the model could be a wrong one. */
  readonly wantsTrial?: boolean;
  /** Optimizations of the graph that the runtime knows but that were switched off. */
  readonly optimizersOff?: readonly string[];
}

/** One loaded model. It belongs to the thread that loaded it; several may exist side by side. */
export interface ModelBackend extends BackendDescription {
  /**
   * Writes every value of `logits`. May block the thread. Called again only when this batch is done. If it rejects,
   * only this batch has failed.
   */
  run(batch: BackendBatch): Promise<void>;
}

/** Which model to load, and the largest batch that it will get. */
export interface ModelToLoad {
  readonly onnxPath: string;
  /** Default: what the file itself says. */
  readonly graph?: ModelGraph;
  /** Its graph and weights, for when their paths lead to another model. */
  readonly pinned?: readonly PinnedFile[];
  /** In order of preference. */
  readonly executionProviders: readonly string[];
  readonly layout: Layout;
}

/**
 * What a backend module exports as `load`. Each inference thread calls it once; `options` are those of `BackendModule`.
 * Rejects with the reason why the model cannot be loaded.
 */
export type LoadBackend<Options = undefined> = (
  model: ModelToLoad,
  options: Options,
) => Promise<ModelBackend>;

/** The ES module that inference threads import to run the model. */
export interface BackendModule {
  /** As `import()` takes it, such as `file:///…/my-backend.js`. */
  readonly url: string;
  /** Passed to `load`. They travel to another thread, so they must be structured-cloneable. */
  readonly options?: unknown;
}

export const onnxBackend: BackendModule = { url: new URL('./onnx-backend.js', import.meta.url).href };

/** No model: every logit is 0. For measuring everything else. */
export const nullBackend: BackendModule = { url: new URL('./null-backend.js', import.meta.url).href };
