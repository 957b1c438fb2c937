import type { Config } from '../config/schema.ts';
import { readConfiguredModel } from '../predict/model-parts.ts';
import { StreamProcessor } from '../predict/stream-processor.ts';

export interface BatchEffect {
  readonly texts: number;
  /** Largest difference of a score between a text by itself and the same text beside others. */
  readonly apart: number;
}

const TEXTS_MAX = 128;

/** Does the score of a text depend on what else is in its batch? KS_MODEL_…, KS_INFERENCE_FAILED. */
export async function batchEffect(config: Config, texts: readonly string[]): Promise<BatchEffect> {
  const some = texts.slice(0, TEXTS_MAX);
  const processor = new StreamProcessor(config, readConfiguredModel(config));
  try {
    await processor.start();
    const together = await processor.predict(some);
    let apart = 0;
    for (const [i, text] of some.entries()) {
      const [alone] = await processor.predict([text]);
      for (const [label, score] of Object.entries(together[i]?.scores ?? {}))
        apart = Math.max(apart, Math.abs(score - (alone?.scores?.[label] ?? 0)));
    }
    return { texts: some.length, apart };
  } finally {
    await processor.close();
  }
}
