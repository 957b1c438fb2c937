import type { Config } from '../config/schema.ts';
import type { Prediction } from '../types.ts';
import { predictInStages, readConfiguredModels, secondConfig } from './cascade-models.ts';
import { StreamProcessor } from './stream-processor.ts';

/** Texts in, labels and scores out, as a service with this configuration answers: by one model or by a cascade. */
export class CascadeProcessor {
  readonly #first: StreamProcessor;
  readonly #second: StreamProcessor | undefined;
  readonly #below: number;

  private constructor(first: StreamProcessor, second: StreamProcessor | undefined, below: number) {
    this.#first = first;
    this.#second = second;
    this.#below = below;
  }

  /** Loads the models. KS_MODEL_NOT_FOUND, KS_MODEL_INVALID, KS_MODEL_UNSUPPORTED, KS_CONFIG_INVALID. */
  static async create(config: Config): Promise<CascadeProcessor> {
    const models = readConfiguredModels(config);
    const again = secondConfig(config);
    const first = new StreamProcessor(config, models.first);
    try {
      await first.start();
      const second = models.second && again && new StreamProcessor(again, models.second);
      return new CascadeProcessor(first, second, config.model.cascade?.below ?? 0);
    } catch (error) {
      await first.close();
      throw error;
    }
  }

  /** As `StreamProcessor.predict`. */
  predict(texts: readonly string[]): Promise<readonly Prediction[]> {
    return this.#inStages(texts, (processor, asked) => processor.predict(asked));
  }

  /** As `StreamProcessor.explain`, by the model that answers. */
  explain(texts: readonly string[]): Promise<readonly Prediction[]> {
    return this.#inStages(texts, (processor, asked) => processor.explain(asked));
  }

  async close(): Promise<void> {
    await this.#first.close();
    await this.#second?.close();
  }

  #inStages(texts: readonly string[], ask: Ask): Promise<readonly Prediction[]> {
    const [first, second] = [this.#first, this.#second];
    if (second === undefined) return ask(first, texts);
    return predictInStages(texts, this.#below, [(all) => ask(first, all), (some) => ask(second, some)]);
  }
}

type Ask = (processor: StreamProcessor, texts: readonly string[]) => Promise<readonly Prediction[]>;
