import { loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { Decoder } from '../decode/decoder.ts';
import type { LoadedTokenizer } from '../decode/loaded-tokenizer.ts';
import { KubesentimentError } from '../errors.ts';
import type { Batcher } from '../classify/batcher.ts';
import type { BackendDescription } from '../infer/backend.ts';
import { GuestPool } from '../infer/guest-pool.ts';
import type { InferencePool } from '../infer/inference-pool.ts';
import { Counters } from '../metrics/counters.ts';
import type { ModelResults } from '../metrics/result-counts.ts';
import { Classifier } from '../classify/classifier.ts';
import { Flag, SlotTable } from '../slots.ts';
import type { ModelInfo, Prediction } from '../types.ts';
import {
  batchLimits,
  createBatcher,
  createDecoder,
  createPool,
  type LoadedWith,
  labelOf,
  readConfiguredModel,
  scoreSettings,
} from './model-parts.ts';
import { explain, type ExplainParts, type Reading } from './explain.ts';
import { type ModelTraits, tryModel } from './trial.ts';

export interface StreamProcessorOptions {
  /** Model directory; default: the package's own. */
  readonly model?: string;
  readonly maxLength?: number;
  /** Whether longer texts are truncated (the default) or read in windows. */
  readonly longText?: 'truncate' | 'windows';
  /** Tokens that a window has in common with the one before it; default 32. */
  readonly windowOverlap?: number;
  /** Inference threads; default: the CPU quota. */
  readonly threads?: number;
}

const ROWS_MAX = 256;
/** When sharing a process with a pipeline: tokenizing blocks the thread that serves Kafka. */
const GUEST_ROWS_MAX = 32;

/** What batches are made with, once the model is known. */
interface Running {
  readonly batcher: Batcher;
  readonly classifier: Classifier;
}

/** What the model was loaded as, and what a trial has found out, if there was one. */
export interface Started extends BackendDescription {
  readonly traits: ModelTraits | undefined;
}

/**
 * Texts in, labels and scores out, through the same tokenizer, batcher and threads as Kafka messages. Can be used on
 * its own: `const processor = await StreamProcessor.create(); await processor.predict([…])`.
 */
export class StreamProcessor implements AsyncDisposable {
  readonly model: ModelInfo;
  readonly #pool: InferencePool;
  readonly #ownsPool: boolean;
  readonly #rowsMax: number;
  readonly #table = new SlotTable(ROWS_MAX);
  readonly #allScores: Float32Array;
  readonly #config: Config;
  readonly #decoder: Decoder;
  #running: Running | undefined;
  #starting: Promise<Started> | undefined;
  #closing: Promise<void> | undefined;
  #chunk: { readonly slots: Int32Array; readonly done: () => void } | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #failure: unknown;
  #counts: ModelResults | undefined;
  readonly #tokenizer: LoadedTokenizer | undefined;

  /** Shares `pool` with a pipeline, which has precedence, or creates its own. `tokenizer`: if it was loaded aside. */
  constructor(config: Config, model: ModelInfo, pool?: InferencePool, tokenizer?: LoadedTokenizer) {
    this.model = model;
    this.#tokenizer = tokenizer;
    this.#config = config;
    this.#ownsPool = pool === undefined;
    this.#rowsMax = pool === undefined ? ROWS_MAX : GUEST_ROWS_MAX;
    this.#allScores = new Float32Array(ROWS_MAX * model.labels.length);
    // A rejected tokenizer must not leave threads loading the model behind: exiting would then abort the process.
    this.#decoder = createDecoder(config, model, this.#table, this.#allScores, { tokenizer });
    this.#pool = pool ?? createPool(config, model);
  }

  /** Loads the model. KS_MODEL_NOT_FOUND, KS_MODEL_INVALID, KS_MODEL_UNSUPPORTED. */
  static async create(options: StreamProcessorOptions = {}): Promise<StreamProcessor> {
    const { config } = loadConfig({
      overrides: {
        'model.path': options.model,
        'model.max_length': options.maxLength,
        'model.long_text': options.longText,
        'model.window_overlap': options.windowOverlap,
        'model.max_threads': options.threads,
      },
    });
    const processor = new StreamProcessor(config, readConfiguredModel(config));
    await processor.start();
    return processor;
  }

  /**
   * Waits for the model to be loaded and tries it on a few texts; `predict` does the same. KS_MODEL_INVALID with the
   * reason if it cannot classify.
   */
  start(): Promise<Started> {
    this.#starting ??= this.#start();
    return this.#starting;
  }

  async #start(): Promise<Started> {
    const description = await this.#pool.start();
    const { provider, wantsTrial = false } = description;
    const common = { model: this.model, decoder: this.#decoder, table: this.#table, pool: this.#pool };
    const parts = { ...common, tokenizer: this.#tokenizer };
    const limits = batchLimits(this.#config, this.model, { provider });
    const traits = wantsTrial ? await tryModel({ ...parts, limits }) : undefined;
    this.#running = this.#run({ provider, traits });
    return { ...description, traits };
  }

  /** From now on, what is predicted is counted in `counts` as a service counts what it commits. */
  countIn(counts: ModelResults): void {
    this.#counts = counts;
  }

  #run(loaded: LoadedWith): Running {
    const { max_threads: threads } = this.#config.model;
    const batcher = createBatcher(this.#config, this.model, this.#table, loaded);
    const settings = {
      ...scoreSettings(this.model, loaded.traits),
      limits: batchLimits(this.#config, this.model, loaded),
      retriesMax: 0,
      retryBackoffMs: 0,
    };
    const classifier = new Classifier(settings, {
      table: this.#table,
      allScores: this.#allScores,
      decoder: this.#decoder,
      batcher,
      pool: this.#ownsPool ? this.#pool : new GuestPool({ pool: this.#pool, threads }),
      counters: new Counters(),
      progress: [{ notify: () => this.#checkDone() }],
      onFatal: (error) => {
        this.#failure = error;
        this.#chunk?.done();
      },
    });
    return { batcher, classifier };
  }

  /**
   * Label, score and all scores of each text, in order. KS_INFERENCE_FAILED if the model fails, KS_STATE if `signal`
   * aborts it.
   */
  predict(texts: readonly string[], signal?: AbortSignal): Promise<Prediction[]> {
    return this.#inTurn(() => this.#predict(texts, signal));
  }

  /**
   * The same, with `explanation`: what each word of a text contributes to its label. Up to 130 times the work of
   * `predict` for each text.
   */
  explain(texts: readonly string[], signal?: AbortSignal): Promise<Prediction[]> {
    const parts: ExplainParts = {
      model: this.model,
      read: (text) => this.#read(text),
      predict: (variants) => this.#predict(variants, signal),
    };
    return this.#inTurn(async () => {
      await this.start();
      const predictions: Prediction[] = [];
      for (const text of texts) predictions.push(await explain(text, parts));
      return predictions;
    });
  }

  async #predict(texts: readonly string[], signal: AbortSignal | undefined): Promise<Prediction[]> {
    await this.start();
    const predictions: Prediction[] = [];
    for (let at = 0; at < texts.length; at += this.#rowsMax) {
      if (signal?.aborted)
        throw new KubesentimentError('KS_STATE', 'Nobody is waiting for the prediction any more.');
      predictions.push(...(await this.#predictChunk(texts.slice(at, at + this.#rowsMax))));
    }
    return predictions;
  }

  /** Token ids of each text as the model gets them, including special tokens; windows one after the other. */
  tokenize(texts: readonly string[]): number[][] {
    return texts.map((text) => [...this.#read(text).ids]);
  }

  #read(text: string): Reading {
    const { windows: windowsOf, flags, capacity } = this.#table;
    const slots = this.#takeSlots([text]);
    this.#decoder.decodeTexts([text], slots, 1);
    const slot = slots[0] as number;
    const windows = Math.max(1, windowsOf[slot] as number);
    const ids = Array.from({ length: windows }, (_, window) =>
      Array.from(this.#decoder.tokens(slot + window * capacity)),
    );
    const isCut = ((flags[slot] as number) & Flag.truncated) !== 0;
    this.#table.release(slot);
    return { ids: ids.flat(), windows, isCut };
  }

  /** One after another, so that there is room in the table; `close` waits for the last one. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#queue.then(work);
    this.#queue = run.catch(() => undefined);
    return run;
  }

  /** Closing it again has no effect. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.all([this.#queue, this.#starting?.catch(() => undefined)]);
    if (this.#ownsPool) await this.#pool.close();
    this.#decoder.close();
  }

  /** For `await using`: the same as `close`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #predictChunk(texts: readonly string[]): Promise<Prediction[]> {
    const { batcher, classifier } = this.#running as Running;
    const slots = this.#takeSlots(texts);
    this.#decoder.decodeTexts(texts, slots, texts.length);
    for (const slot of slots) {
      if (this.#table.status[slot] === 0) batcher.add(slot, 0);
      else this.#table.reject(slot, this.#decoder.errorTypeOf(this.#table.status[slot] as number));
    }
    await new Promise<void>((done) => {
      this.#chunk = { slots, done };
      classifier.dispatch();
      this.#checkDone();
    });
    this.#chunk = undefined;
    if (this.#failure !== undefined) throw this.#failure;
    const predictions = Array.from(slots, (slot) => this.#predictionOf(slot));
    for (const slot of slots) this.#table.release(slot);
    return predictions.map((prediction) => {
      if (prediction instanceof KubesentimentError) throw prediction;
      return prediction;
    });
  }

  #takeSlots(texts: readonly string[]): Int32Array {
    const now = performance.now();
    return Int32Array.from(texts, () =>
      this.#table.take({ topic: '', partition: 0, offset: 0, value: null, size: 0 }, now),
    );
  }

  #checkDone(): void {
    const chunk = this.#chunk;
    if (chunk?.slots.every((slot) => this.#table.isFinished(slot))) chunk.done();
  }

  #predictionOf(slot: number): Prediction | KubesentimentError {
    const { labels, head } = this.model;
    const status = this.#table.status[slot] as number;
    if (status !== 0) return new KubesentimentError('KS_USAGE', Decoder.describe(status).message);
    if (!this.#table.isResult(slot)) {
      return new KubesentimentError('KS_INFERENCE_FAILED', 'The model failed on a text.');
    }
    const [label, score] = [this.#table.label[slot] as number, this.#table.score[slot] as number];
    const truncated = ((this.#table.flags[slot] as number) & Flag.truncated) !== 0;
    this.#counts?.add(
      label,
      score,
      this.#table.tokensOf(slot),
      this.#table.unknown[slot] as number,
      truncated,
    );
    const all = this.#allScores.subarray(slot * labels.length, (slot + 1) * labels.length);
    const windows = this.#table.windows[slot] as number;
    const above = labels.filter((_, i) => (all[i] as number) > Math.fround(head.threshold));
    return {
      label: labelOf(this.model, label),
      score,
      truncated,
      ...(windows > 1 ? { windows } : {}),
      ...(head.isMultiLabel ? { labels: above } : {}),
      scores: Object.fromEntries(labels.map((label, i) => [label, all[i] as number])),
    };
  }
}
