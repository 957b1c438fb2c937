import type { Config } from '../config/schema.ts';
import { readConfiguredModel } from '../predict/model-parts.ts';
import { StreamProcessor } from '../predict/stream-processor.ts';
import type { ModelInfo, Prediction } from '../types.ts';

/** Many enough for full batches in every thread. */
export const TEXTS_PER_CALL = 256;

/** Which of the two. */
export type Which = 0 | 1;

/** Two models that are loaded beside each other. */
export class TwoModels {
  readonly #processors: readonly [StreamProcessor, StreamProcessor];
  #isWarm = false;

  constructor(processors: readonly [StreamProcessor, StreamProcessor]) {
    this.#processors = processors;
  }

  model(which: Which): ModelInfo {
    return this.#processors[which].model;
  }

  /** What a model says of these texts. The time it takes is added to `watch`. */
  async predict(which: Which, texts: readonly string[], watch: Stopwatch): Promise<Prediction[]> {
    if (!this.#isWarm) {
      // The first batch of a model pays for its memory.
      this.#isWarm = true;
      for (const processor of this.#processors) await processor.predict(texts);
    }
    const startedAt = performance.now();
    const predictions = await this.#processors[which].predict(texts);
    watch.ms += performance.now() - startedAt;
    watch.texts += texts.length;
    return predictions;
  }
}

export class Stopwatch {
  ms = 0;
  texts = 0;

  get textsPerSecond(): number {
    return this.texts / (this.ms / 1_000);
  }
}

/** KS_MODEL_NOT_FOUND, KS_MODEL_INVALID, KS_MODEL_UNSUPPORTED. */
export async function withTwoModels<T>(
  configs: readonly [Config, Config],
  use: (models: TwoModels) => Promise<T>,
): Promise<T> {
  const processors: StreamProcessor[] = [];
  try {
    for (const config of configs) {
      const processor = new StreamProcessor(config, readConfiguredModel(config));
      processors.push(processor);
      await processor.start();
    }
    return await use(new TwoModels(processors as [StreamProcessor, StreamProcessor]));
  } finally {
    for (const processor of processors) await processor.close();
  }
}

/** The texts in pieces so small that two models can take turns with them: a busy machine then slows both. */
export async function* inTurns<T>(texts: AsyncIterable<readonly T[]>): AsyncGenerator<readonly T[]> {
  for await (const lines of texts)
    for (let at = 0; at < lines.length; at += TEXTS_PER_CALL) yield lines.slice(at, at + TEXTS_PER_CALL);
}

/**
 * How many times less processor time the second model takes than the first. Both take turns with the same texts, over
 * and over, until they have worked for `ms`. By the clock, other work on the machine would decide.
 * KS_MODEL_NOT_FOUND, KS_MODEL_INVALID, KS_MODEL_UNSUPPORTED, KS_INFERENCE_FAILED.
 */
export function timesAsFast(
  configs: readonly [Config, Config],
  texts: readonly string[],
  ms: number,
): Promise<number> {
  const watch = new Stopwatch();
  const used: [number, number] = [0, 0];
  return withTwoModels(configs, async (models) => {
    for (let round = 0; watch.ms < ms; round++) {
      const at = (round * TEXTS_PER_CALL) % Math.max(1, texts.length - TEXTS_PER_CALL);
      const chunk = texts.slice(at, at + TEXTS_PER_CALL);
      for (const which of [0, 1] as const) {
        if (round === 0) await models.predict(which, chunk, new Stopwatch());
        const before = process.cpuUsage();
        await models.predict(which, chunk, watch);
        const { user, system } = process.cpuUsage(before);
        used[which] += user + system;
      }
    }
    return used[0] / used[1];
  });
}
