import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { BackendBatch, LoadBackend, ModelBackend, ModelToLoad } from './backend.ts';

/**
 * ONNX Runtime turns Add and LayerNormalization into SkipLayerNormalization wherever it can infer the shapes. On CPUs
 * it computes the one operator more slowly than the two: it adds up one number at a time. See ADR 0023.
 */
const optimizersOff: Readonly<Record<string, readonly string[]>> = { cpu: ['SkipLayerNormFusion'] };
const knownInputs: ReadonlySet<string> = new Set(['input_ids', 'attention_mask', 'token_type_ids']);

/** A session with the first execution provider that accepts the model. */
export const load: LoadBackend = async (model) => {
  const unavailable: string[] = [];
  for (const provider of model.executionProviders) {
    try {
      const session = await createSession(model.onnxPath, provider);
      return new OnnxBackend(session, model, { provider, unavailable });
    } catch (error) {
      if (provider === model.executionProviders.at(-1)) throw refused(error);
      unavailable.push(provider);
    }
  }
  throw new Error('No execution provider is configured.');
};

class OnnxBackend implements ModelBackend {
  readonly provider: string;
  readonly unavailable: readonly string[];
  readonly optimizersOff: readonly string[];
  readonly #session: InferenceSession;
  readonly #output: string;
  readonly #labels: number;
  /** Every text is a single segment. */
  readonly #tokenTypes: BigInt64Array;

  constructor(
    session: InferenceSession,
    { layout }: ModelToLoad,
    { provider, unavailable }: Pick<ModelBackend, 'provider' | 'unavailable'>,
  ) {
    this.provider = provider;
    this.unavailable = unavailable;
    this.optimizersOff = optimizersOff[provider] ?? [];
    this.#session = session;
    this.#output = session.outputNames[0] as string;
    this.#labels = layout.labels;
    this.#tokenTypes = new BigInt64Array(layout.tokensMax);
  }

  /** `session.run` blocks the thread, which is why each backend has one of its own. */
  async run({ rows, width, ids, mask, logits }: BackendBatch): Promise<void> {
    const shape = [rows, width];
    const feeds: Record<string, Tensor> = {};
    for (const name of this.#session.inputNames) {
      if (name === 'input_ids') feeds[name] = new Tensor('int64', ids, shape);
      else if (name === 'attention_mask') feeds[name] = new Tensor('int64', mask, shape);
      else feeds[name] = new Tensor('int64', this.#tokenTypes.subarray(0, rows * width), shape);
    }
    // ONNX Runtime writes into `logits`; the tensor that run() returns is a copy.
    await this.#session.run(feeds, { [this.#output]: new Tensor('float32', logits, [rows, this.#labels]) });
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

async function createSession(onnxPath: string, provider: string): Promise<InferenceSession> {
  if (!isInstalled(provider)) throw new Error(`onnxruntime-node has no library for ${provider} here.`);
  const session = await InferenceSession.create(onnxPath, sessionOptions(provider));
  const unknown = session.inputNames.filter((name) => !knownInputs.has(name));
  if (unknown.length > 0) throw new Error(`The model has unknown inputs: ${unknown.join(', ')}.`);
  return session;
}

/** ONNX Runtime prints an error of its own to standard error when a provider's library is missing. */
function isInstalled(provider: string): boolean {
  if (provider !== 'cuda') return true;
  const folder = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
  const files = readdirSync(join(folder, 'bin'), { recursive: true });
  return files.some((file) => /onnxruntime_providers_cuda\.(so|dll)$/.test(String(file)));
}

function refused(error: unknown): Error {
  const reason = error instanceof Error ? error.message : String(error);
  return new Error(`ONNX Runtime rejects it: ${reason}`, { cause: error });
}
