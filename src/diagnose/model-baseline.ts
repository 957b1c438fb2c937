import type { Config } from '../config/schema.ts';
import { type Baseline, baselineOf } from '../drift/baseline.ts';
import { profileOf } from '../drift/profile.ts';
import { ResultCounts } from '../metrics/result-counts.ts';
import { readConfiguredModel } from '../predict/model-parts.ts';
import { resultLabels } from '../predict/routes.ts';
import { StreamProcessor } from '../predict/stream-processor.ts';

/**
 * What the configured model says of these texts, as a service would count it. KS_MODEL_NOT_FOUND, KS_MODEL_INVALID,
 * KS_MODEL_UNSUPPORTED, KS_INFERENCE_FAILED; KS_STATE with too few texts.
 */
export async function baselineOfTexts(config: Config, texts: AsyncIterable<string[]>): Promise<Baseline> {
  const model = readConfiguredModel(config);
  const labels = resultLabels(model);
  const counts = new ResultCounts();
  const ofModel = counts.of(model.version, labels);
  const processor = new StreamProcessor(config, model);
  processor.countIn(ofModel);
  try {
    for await (const lines of texts) await processor.predict(lines);
  } finally {
    await processor.close();
  }
  return baselineOf(profileOf(counts, ofModel), { labels, modelVersion: model.version, at: new Date() });
}
