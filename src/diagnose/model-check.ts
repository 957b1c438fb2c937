import { statSync } from 'node:fs';
import type { Config } from '../config/schema.ts';
import { createCorpus } from '../corpus/corpus.ts';
import { readConfiguredModel } from '../predict/model-parts.ts';
import { StreamProcessor } from '../predict/stream-processor.ts';
import type { Prediction } from '../types.ts';

export interface ModelReport {
  readonly name: string;
  readonly version: string;
  readonly directory: string;
  readonly onnxFile: string;
  readonly onnxBytes: number;
  readonly labels: readonly string[];
  readonly maxLength: number;
  /** What the model itself could read; undefined if it names no limit. */
  readonly lengthLimit: number | undefined;
  /** What was assumed, and what may surprise. */
  readonly notes: readonly string[];
  /** What runs it, and which optimizations of the graph are off. */
  readonly provider: string;
  readonly optimizersOff: readonly string[];
  readonly samples: readonly (Prediction & { readonly text: string; readonly tokens: number })[];
  readonly speed: {
    readonly textsPerSecond: number;
    readonly tokensPerText: number;
    readonly threads: number;
    readonly seconds: number;
    /** Of one text of `maxLength` tokens by itself. */
    readonly longestMs: number;
  };
}

/** Our own sentences, so they may be printed. */
const samples = [
  'An absolute joy from the first minute to the last.',
  'The battery died after two days and nobody answered my messages.',
  'It arrived on Tuesday.',
];
const CORPUS_SEED = 1;
const CORPUS_TEXTS = 2_048;
const TEXTS_PER_CALL = 256;
/** More than any model reads. */
const LONGEST_BYTES = 100_000;

/**
 * Loads a model directory the way the service does, classifies samples, and measures the speed for about `speedMs` with
 * sentences of 25 tokens. KS_MODEL_NOT_FOUND, KS_MODEL_INVALID, KS_MODEL_UNSUPPORTED, KS_INFERENCE_FAILED.
 */
export async function checkModel(config: Config, speedMs: number): Promise<ModelReport> {
  const model = readConfiguredModel(config);
  const processor = new StreamProcessor(config, model);
  try {
    const { traits, provider, optimizersOff = [] } = await processor.start();
    const predictions = await processor.predict(samples);
    const tokens = processor.tokenize(samples);
    return {
      name: model.name,
      version: model.version,
      directory: model.directory,
      onnxFile: model.onnxPath,
      onnxBytes: statSync(model.onnxPath).size,
      labels: model.labels,
      maxLength: model.maxLength,
      lengthLimit: model.lengthLimit,
      notes: [...model.notes, ...(traits?.notes ?? [])],
      provider,
      optimizersOff,
      samples: predictions.map((prediction, index) => ({
        text: samples[index] as string,
        tokens: (tokens[index] as number[]).length,
        ...prediction,
      })),
      speed: { ...(await measureSpeed(processor, speedMs)), threads: config.model.max_threads },
    };
  } finally {
    await processor.close();
  }
}

/** The texts are made before the clock starts; the first round warms up. */
async function measureSpeed(processor: StreamProcessor, speedMs: number) {
  const corpus = createCorpus({ seed: CORPUS_SEED, style: 'sst2' });
  const texts = Array.from({ length: CORPUS_TEXTS }, () => corpus.next());
  const tokens = processor.tokenize(texts).reduce((sum, ids) => sum + ids.length, 0);
  await processor.predict(texts.slice(0, TEXTS_PER_CALL));
  const startedAt = performance.now();
  let done = 0;
  while (performance.now() - startedAt < speedMs) {
    const at = done % CORPUS_TEXTS;
    await processor.predict(texts.slice(at, at + TEXTS_PER_CALL));
    done += TEXTS_PER_CALL;
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  const longestMs = await measureLongest(processor, texts);
  return { textsPerSecond: done / seconds, tokensPerText: tokens / texts.length, seconds, longestMs };
}

/** The second of two runs. */
async function measureLongest(processor: StreamProcessor, texts: readonly string[]): Promise<number> {
  const longest = fitting(processor, texts.join(' ').slice(0, LONGEST_BYTES).split(' '));
  await processor.predict([longest]);
  const startedAt = performance.now();
  await processor.predict([longest]);
  return performance.now() - startedAt;
}

/** As many of the words as the model reads at once, where it would read more of them in windows. */
function fitting(processor: StreamProcessor, words: readonly string[]): string {
  const first = (count: number) => words.slice(0, count).join(' ');
  let [low, high] = [1, words.length];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const tokens = processor.tokenize([first(middle)])[0]?.length ?? 0;
    if (tokens <= processor.model.maxLength) low = middle;
    else high = middle - 1;
  }
  return first(low);
}

/**
 * Reads the directory and opens its tokenizer: the ids of each text, with special tokens. No thread loads the model,
 * because ending a thread while it loads would abort the process.
 */
export function createTokenizer(config: Config): StreamProcessor {
  const idle = { ...config, model: { ...config.model, min_threads: 0 } };
  return new StreamProcessor(idle, readConfiguredModel(config));
}
