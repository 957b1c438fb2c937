import type { Config } from '../config/schema.ts';
import type { Decoder } from '../decode/decoder.ts';
import type { BackendModule } from '../infer/backend.ts';
import type { InferencePool } from '../infer/inference-pool.ts';
import type { Logger } from '../log.ts';
import type { Edition } from '../predict/editions.ts';
import {
  checkCache,
  createDecoder,
  createPool,
  type LoadedWith,
  needsAllScores,
} from '../predict/model-parts.ts';
import { checkRoutes } from '../predict/routes.ts';
import { type Started, StreamProcessor } from '../predict/stream-processor.ts';
import type { SlotTable } from '../slots.ts';
import type { ModelInfo } from '../types.ts';

export interface LoadedModelOptions {
  readonly config: Config;
  readonly table: SlotTable;
  /** See `HighThroughputKafkaConsumerOptions`. */
  readonly backend: BackendModule | undefined;
}

/** A model with its tokenizer, its threads, and the predictions over HTTP that share them. */
export class LoadedModel implements Edition {
  readonly number: number;
  readonly model: ModelInfo;
  readonly decoder: Decoder;
  readonly allScores: Float32Array | undefined;
  readonly pool: InferencePool;
  readonly processor: StreamProcessor;
  #loaded: LoadedWith = {};

  /** KS_CONFIG_INVALID, KS_MODEL_INVALID, KS_MODEL_UNSUPPORTED. */
  constructor({ config, table, backend }: LoadedModelOptions, model: ModelInfo, number: number) {
    checkRoutes(config, model);
    checkCache(config, model);
    this.number = number;
    this.model = model;
    this.allScores = needsAllScores(config, model)
      ? new Float32Array(table.capacity * model.labels.length)
      : undefined;
    this.decoder = createDecoder(config, model, table, this.allScores, config.model.cache_bytes);
    this.pool = createPool(config, model, backend);
    this.processor = new StreamProcessor(config, model, this.pool);
  }

  get loaded(): LoadedWith {
    return this.#loaded;
  }

  /** Loads the model in the first thread, and tries it. */
  async start(logger: Logger): Promise<Started> {
    const started = await this.processor.start();
    const { provider, unavailable, traits } = started;
    this.#loaded = { provider, traits };
    for (const note of [...this.model.notes, ...(traits?.notes ?? [])]) logger.warn('model_note', { note });
    if (unavailable.length > 0) logger.warn('provider_unavailable', { wanted: unavailable, provider });
    return started;
  }

  /** Waits for what is running, and frees everything. */
  async close(): Promise<void> {
    await this.processor.close();
    await this.pool.close();
    this.decoder.close();
  }
}
