import { setTimeout as sleep } from 'node:timers/promises';
import { CanaryTrial } from '../canary/trial.ts';
import type { Config } from '../config/schema.ts';
import type { Decoder } from '../decode/decoder.ts';
import { describeError } from '../errors.ts';
import type { BackendModule } from '../infer/backend.ts';
import type { InferencePool } from '../infer/inference-pool.ts';
import type { Logger } from '../log.ts';
import { CanaryCounts } from '../metrics/canary-counts.ts';
import {
  canaryConfig,
  type ConfiguredModels,
  predictInStages,
  secondConfig,
  shadowConfig,
  versionsOf,
} from '../predict/cascade-models.ts';
import { type CanaryOf, type CascadeOf, type Edition, numberAfter } from '../predict/editions.ts';
import {
  checkCache,
  createDecoder,
  createPool,
  type LoadedWith,
  needsAllScores,
} from '../predict/model-parts.ts';
import { checkRoutes } from '../predict/routes.ts';
import type { Preparation } from '../predict/preparation.ts';
import { type Started, StreamProcessor } from '../predict/stream-processor.ts';
import { SlotTable } from '../slots.ts';
import type { ModelInfo, Prediction } from '../types.ts';

export interface LoadedModelOptions {
  readonly config: Config;
  readonly table: SlotTable;
  /** See `HighThroughputKafkaConsumerOptions`. */
  readonly backend: BackendModule | undefined;
  /** If another model works meanwhile; it is needed for the constructor only. */
  readonly prepared?: Preparation | undefined;
}

/**
 * A model with its tokenizer, its threads, and the predictions over HTTP that share them; with a cascade, the second
 * model as well.
 */
export class LoadedModel implements Edition {
  readonly number: number;
  readonly stage: 1 | 2 | undefined;
  readonly model: ModelInfo;
  readonly decoder: Decoder;
  readonly allScores: Float32Array | undefined;
  readonly pool: InferencePool;
  readonly processor: StreamProcessor;
  readonly cascade: CascadeOf<LoadedModel> | undefined;
  readonly shadow: ShadowOf<LoadedModel> | undefined;
  readonly canary: CanaryWithOld | undefined;
  #closing: Promise<void> | undefined;
  readonly #models: ConfiguredModels;
  #loaded: LoadedWith = {};

  /** KS_CONFIG_INVALID, KS_MODEL_INVALID, KS_MODEL_UNSUPPORTED. */
  constructor(options: LoadedModelOptions, models: ConfiguredModels, number: number, stage?: 1 | 2) {
    const { config, table, backend, prepared } = options;
    const model = models.first;
    const tokenizer = prepared?.tokenizerOf(model);
    this.#models = models;
    checkRoutes(config, model);
    checkCache(config, model);
    this.number = number;
    this.stage = stage ?? (models.second && 1);
    this.model = model;
    this.allScores = needsAllScores(config, model)
      ? new Float32Array(table.capacity * model.labels.length)
      : undefined;
    // Tokenizers first: one that is rejected must not leave threads behind that load a model.
    this.decoder = createDecoder(config, model, table, this.allScores, {
      cacheBytes: config.model.cache_bytes,
      stage: this.stage,
      tokenizer,
    });
    this.cascade = secondOf(options, models, number);
    try {
      this.shadow = shadowOf(options, models);
      this.canary = canaryOf(options, models, number);
    } catch (error) {
      void this.cascade?.second.close(); // it has threads already
      void this.shadow?.beside.close();
      throw error;
    }
    this.pool = createPool(config, model, backend, prepared?.givesWay);
    this.processor = new StreamProcessor(config, model, this.pool, tokenizer);
  }

  get loaded(): LoadedWith {
    return this.#loaded;
  }

  /** Of its results: one, or both of a cascade. */
  get versions(): string {
    return versionsOf(this.#models);
  }

  /** Those that must know the schemas of requests. */
  get decoders(): readonly Decoder[] {
    const { cascade, shadow, canary } = this;
    const tried = canary?.trial.isOver === false ? [canary.next.decoder, canary.again.decoder] : [];
    const others = [cascade?.second, shadow?.beside].filter((each) => each !== undefined);
    return [this.decoder, ...others.map(({ decoder }) => decoder), ...tried];
  }

  /** The threads that answer messages. */
  get pools(): readonly InferencePool[] {
    const { cascade, canary } = this;
    const tried = canary?.trial.isOver === false ? [canary.next] : [];
    return [this, cascade?.second, ...tried].filter((each) => each !== undefined).map(({ pool }) => pool);
  }

  /** Whether it was loaded from the same files and settings. */
  isOf(models: ConfiguredModels): boolean {
    const { shadow, canary } = this.#models;
    const isSame = shadow?.version === models.shadow?.version && canary?.version === models.canary?.version;
    return isSame && this.versions === versionsOf(models);
  }

  /**
   * Loads the model in the first thread, and tries it; then the others. Without `needsCanary`, a canary that cannot
   * be used is done without, and the log says why.
   */
  async start(logger: Logger, { needsCanary = true } = {}): Promise<Started> {
    const started = await this.processor.start();
    const { provider, unavailable, traits } = started;
    this.#loaded = { provider, traits };
    for (const note of [...this.model.notes, ...(traits?.notes ?? [])]) logger.warn('model_note', { note });
    if (unavailable.length > 0) logger.warn('provider_unavailable', { wanted: unavailable, provider });
    if (this.cascade !== undefined) {
      const { second, below } = this.cascade;
      const { provider } = await second.start(logger);
      const { name, version } = second.model;
      logger.info('cascade_loaded', { model: name, version, provider, below });
    }
    if (this.shadow !== undefined) {
      const { beside, share } = this.shadow;
      const { provider } = await beside.start(logger);
      const { name, version } = beside.model;
      logger.info('shadow_loaded', { model: name, version, provider, share });
    }
    if (this.canary !== undefined) await this.#startCanary(this.canary, logger, !needsCanary);
    return started;
  }

  async #startCanary({ next, trial }: CanaryWithOld, logger: Logger, isOptional: boolean): Promise<void> {
    const { name, version } = next.model;
    try {
      const { provider } = await next.start(logger);
      logger.info('canary_loaded', { model: name, version, provider, share: trial.counts.share });
    } catch (error) {
      if (!isOptional) throw error;
      trial.end('refused');
      logger.error('canary_refused', { model: name, version, reason: describeError(error) });
      await next.close();
    }
  }

  /** Starts as many threads as `other` has. */
  async warmLike(other: LoadedModel): Promise<void> {
    await this.pool.warm(other.pool.threads);
    await this.cascade?.second.pool.warm(other.cascade?.second.pool.threads ?? 1);
  }

  /** Its threads have given way to those of the model before; they do so no longer. */
  takeOver(): void {
    this.pool.takeOver();
    this.cascade?.second.takeOver();
    this.shadow?.beside.takeOver();
    this.canary?.next.takeOver();
  }

  /** Resolves when no message in flight needs it: its results need it until they are committed. */
  async untilUnused(table: SlotTable, isOver: () => boolean): Promise<void> {
    await this.closeProcessors();
    while (this.#isUsedIn(table) && !isOver()) await sleep(UNUSED_CHECK_MS);
  }

  /** Whether a message in flight needs one of its models. */
  #isUsedIn(table: SlotTable): boolean {
    const others = [this.cascade?.second, this.canary?.next].filter((each) => each !== undefined);
    return table.isUsing(this.number) || others.some((each) => each.#isUsedIn(table));
  }

  /** `isExplained`: with the words that were decisive for the model that has answered. */
  predict(
    texts: readonly string[],
    { signal, isExplained = false }: { signal?: AbortSignal | undefined; isExplained?: boolean } = {},
  ): Promise<readonly Prediction[]> {
    const by = (processor: StreamProcessor) => (asked: readonly string[]) =>
      isExplained ? processor.explain(asked, signal) : processor.predict(asked, signal);
    const first = by(this.processor);
    if (this.cascade === undefined) return first(texts);
    const { below, second } = this.cascade;
    return predictInStages(texts, below, [first, by(second.processor)]);
  }

  /** Ends the predictions over HTTP. */
  async closeProcessors(): Promise<void> {
    await this.processor.close();
    await this.cascade?.second.closeProcessors();
    await this.shadow?.beside.closeProcessors();
    await this.canary?.next.closeProcessors();
  }

  /** Waits for what is running, and frees everything. A canary may have been closed before. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.processor.close();
    await this.pool.close();
    this.decoder.close();
    await this.cascade?.second.close();
    await this.shadow?.beside.close();
    this.canary?.again.decoder.close();
    await this.canary?.next.close();
  }
}

/** A model that is asked about a `share` of the texts whose results are committed. */
export interface ShadowOf<E> {
  readonly share: number;
  readonly beside: E;
  /** Texts that wait for it. */
  readonly table: SlotTable;
}

/** A canary, and what it takes to ask the model in use about the texts that it has answered. */
export interface CanaryWithOld extends CanaryOf<LoadedModel> {
  readonly again: { readonly table: SlotTable; readonly decoder: Decoder; readonly allScores: Float32Array };
}

/** How often to look whether a model is still needed. */
const UNUSED_CHECK_MS = 20;
/** Texts that wait for the model beside. */
const BESIDE_SLOTS = 64;

function shadowOf(
  options: LoadedModelOptions,
  { shadow }: ConfiguredModels,
): ShadowOf<LoadedModel> | undefined {
  const config = shadowConfig(options.config);
  const share = options.config.model.shadow?.share;
  if (shadow === undefined || config === undefined || share === undefined) return undefined;
  const table = new SlotTable(BESIDE_SLOTS);
  return { share, table, beside: new LoadedModel({ ...options, config, table }, { first: shadow }, 1) };
}

function secondOf(
  options: LoadedModelOptions,
  { second }: ConfiguredModels,
  number: number,
): CascadeOf<LoadedModel> | undefined {
  const config = secondConfig(options.config);
  const below = options.config.model.cascade?.below;
  if (second === undefined || config === undefined || below === undefined) return undefined;
  return {
    below,
    second: new LoadedModel({ ...options, config }, { first: second }, numberAfter(number), 2),
  };
}

function canaryOf(
  options: LoadedModelOptions,
  { first, canary }: ConfiguredModels,
  number: number,
): CanaryWithOld | undefined {
  const config = canaryConfig(options.config);
  const wanted = options.config.model.canary;
  if (canary === undefined || config === undefined || wanted === undefined) return undefined;
  const { share, max_disagreement: disagreement, max_errors: errors, max_slowdown: slowdown } = wanted;
  const trial = new CanaryTrial(new CanaryCounts(canary, share), { disagreement, errors, slowdown });
  const table = new SlotTable(BESIDE_SLOTS);
  const allScores = new Float32Array(table.capacity * first.labels.length);
  const tokenizer = options.prepared?.tokenizerOf(first);
  const decoder = createDecoder(options.config, first, table, allScores, { tokenizer });
  try {
    const next = new LoadedModel({ ...options, config }, { first: canary }, numberAfter(number));
    return { next, trial, again: { table, decoder, allScores } };
  } catch (error) {
    decoder.close();
    throw error;
  }
}
