import type { InferenceSession, Tensor } from 'onnxruntime-node';
import type { ModelGraph } from '../types.ts';
import type { BackendBatch, LoadBackend, ModelBackend, ModelToLoad } from './backend.ts';
import { OnnxInputs, rowsOf } from './onnx-inputs.ts';
import { hasProvider, loadOnnxRuntime } from './onnx-runtime.ts';
import { graphOf, type OnnxSource, sourceOf } from './onnx-source.ts';

/**
 * ONNX Runtime turns Add and LayerNormalization into SkipLayerNormalization wherever it can infer the shapes. On CPUs
 * it computes the one operator more slowly than the two: it adds up one number at a time. See ADR 0023.
 */
const optimizersOff: Readonly<Record<string, readonly string[]>> = { cpu: ['SkipLayerNormFusion'] };

/** A session with the first execution provider that accepts the model. */
export const load: LoadBackend = async (model) => {
  const unavailable: string[] = [];
  for (const provider of model.executionProviders) {
    try {
      const graph = graphOf(model);
      const source = sourceOf(model, graph);
      const session = await createSession(source, provider);
      return new OnnxBackend(session, model, { graph, source, provider, unavailable });
    } catch (error) {
      if (provider === model.executionProviders.at(-1)) throw refused(error);
      unavailable.push(provider);
    }
  }
  throw new Error('No execution provider is configured.');
};

interface Loaded extends Pick<ModelBackend, 'provider' | 'unavailable'> {
  readonly graph: ModelGraph;
  readonly source: OnnxSource;
}

class OnnxBackend implements ModelBackend {
  readonly provider: string;
  readonly unavailable: readonly string[];
  readonly wantsTrial = true;
  readonly optimizersOff: readonly string[];
  readonly #Tensor: typeof Tensor;
  readonly #session: InferenceSession;
  readonly #graph: ModelGraph;
  readonly #inputs: OnnxInputs;
  readonly #output: string;
  readonly #labels: number;

  constructor(session: InferenceSession, { layout }: ModelToLoad, loaded: Loaded) {
    this.provider = loaded.provider;
    this.unavailable = loaded.unavailable;
    this.optimizersOff = optimizersOff[loaded.provider] ?? [];
    this.#Tensor = loadOnnxRuntime(loaded.provider).Tensor;
    this.#session = session;
    this.#graph = loaded.graph;
    this.#inputs = new OnnxInputs(loaded.graph, layout.tokensMax);
    this.#output = loaded.source.output;
    this.#labels = layout.labels;
  }

  /** `session.run` blocks the thread, which is why each backend has one of its own. */
  async run(batch: BackendBatch): Promise<void> {
    const { rowsFixed } = this.#graph;
    if (rowsFixed === undefined || rowsFixed === batch.rows) return this.#run(batch, batch.logits);
    const logits = new Float32Array(rowsFixed * this.#labels);
    for (let from = 0; from < batch.rows; from += rowsFixed) {
      await this.#run(rowsOf(batch, from, rowsFixed), logits);
      const rows = Math.min(rowsFixed, batch.rows - from);
      batch.logits.set(logits.subarray(0, rows * this.#labels), from * this.#labels);
    }
  }

  async #run(batch: Omit<BackendBatch, 'logits'>, logits: Float32Array): Promise<void> {
    const { rows, width } = batch;
    const feeds: Record<string, Tensor> = {};
    for (const input of this.#graph.inputs) {
      const data = this.#inputs.dataOf(input, batch);
      feeds[input.name] =
        input.type === 'int64'
          ? new this.#Tensor('int64', data as BigInt64Array, [rows, width])
          : new this.#Tensor('int32', data as Int32Array, [rows, width]);
    }
    if (this.#graph.columns === undefined) {
      const outputs = await this.#session.run(feeds, [this.#output]);
      logits.set(this.#checked(outputs[this.#output] as Tensor, rows));
      return;
    }
    // ONNX Runtime writes into `logits`; the tensor that run() returns is a copy.
    await this.#session.run(feeds, {
      [this.#output]: new this.#Tensor('float32', logits, [rows, this.#labels]),
    });
  }

  /** For a graph that does not say how wide its head is. */
  #checked({ dims, data }: Tensor, rows: number): Float32Array {
    const isTable = dims.length === 2 && dims[0] === rows && dims[1] === this.#labels;
    if (isTable && data instanceof Float32Array) return data;
    throw new Error(
      `${this.#graph.output} is [${dims.join(', ')}] for ${rows} texts, not [${rows}, ${this.#labels}], one number ` +
        'for each label',
    );
  }
}

/**
 * The same for every thread, every process and every model, on purpose: options that depended on a measurement could
 * differ after a restart, and with them the last digits of a score.
 */
export function sessionOptions(provider: string): InferenceSession.SessionOptions {
  const off = optimizersOff[provider] ?? [];
  return {
    executionProviders: [provider],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 4,
    // Batches come in many shapes, and a memory pattern would be kept for each.
    enableMemPattern: false,
    ...(off.length > 0 && { extra: { optimization: { disable_specified_optimizers: off.join(';') } } }),
  };
}

async function createSession({ path, inMemory }: OnnxSource, provider: string): Promise<InferenceSession> {
  if (!hasProvider(provider)) throw new Error(`onnxruntime-node has no library for ${provider} here.`);
  const options = sessionOptions(provider);
  const { InferenceSession } = loadOnnxRuntime(provider);
  if (inMemory === undefined) return InferenceSession.create(path, options);
  return InferenceSession.create(inMemory.bytes, {
    ...options,
    externalData: inMemory.weights,
  } as typeof options);
}

function refused(error: unknown): Error {
  const reason = error instanceof Error ? error.message : String(error);
  return new Error(`ONNX Runtime rejects it: ${reason}`, { cause: error });
}
