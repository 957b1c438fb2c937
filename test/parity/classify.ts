/**
 * Ids and scores of texts, for real_models.py: the arguments are a model directory, settings of the section `model` as
 * JSON, and `alone` or `together`: one text after another, or in batches. Standard input is a JSON array of texts,
 * standard output one JSON object.
 */
import { readFileSync } from 'node:fs';
import { loadConfig } from '../../src/config/load.ts';
import { readConfiguredModel } from '../../src/predict/model-parts.ts';
import { StreamProcessor } from '../../src/predict/stream-processor.ts';
import type { Prediction } from '../../src/types.ts';

const [directory = '', settings = '{}', way = 'together'] = process.argv.slice(2);
const texts = JSON.parse(readFileSync(0, 'utf8')) as string[];
const own = Object.entries(JSON.parse(settings) as object).map(([key, value]) => [`model.${key}`, value]);
const overrides = { 'model.path': directory, 'model.max_threads': 1, ...Object.fromEntries(own) };
const { config } = loadConfig({ overrides });
const model = readConfiguredModel(config);
const processor = new StreamProcessor(config, model);
try {
  const { traits } = await processor.start();
  const predictions: Prediction[] = [];
  if (way === 'alone') for (const text of texts) predictions.push(...(await processor.predict([text])));
  else predictions.push(...(await processor.predict(texts)));
  process.stdout.write(
    JSON.stringify({
      max_length: model.maxLength,
      labels: model.labels,
      notes: [...model.notes, ...(traits?.notes ?? [])],
      quantization: model.graph.quantization,
      ids: processor.tokenize(texts),
      predictions: predictions.map(({ label, scores, truncated }) => ({ label, truncated, scores })),
    }),
  );
} finally {
  await processor.close();
}
