import { counter, type Labels, type MetricDefinition } from './definition.ts';
import { SCORE_UNIT } from './result-counts.ts';
import { DISTANCE_UNIT } from './answer-comparison.ts';

const scores = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1];
const tokens = [8, 16, 32, 64, 128, 256, 512, 1024, 2048];

/** What the model says: labels, scores, tokens, and how far that is from a baseline. */
export const resultMetrics: readonly MetricDefinition[] = [
  {
    kind: 'counter',
    name: 'sentiment_results_total',
    help: 'Committed results, by label and model.',
    labels: ['label', 'model_version'],
    read: ({ counters: { results } }) =>
      results.models.flatMap(({ version, labels, byLabel }) =>
        labels.map((label, i): [Labels, number] => [{ label, model_version: version }, byLabel[i] as number]),
      ),
  },
  {
    kind: 'histogram',
    name: 'sentiment_score',
    help: 'Score of the label of each committed result.',
    labels: ['label'],
    bounds: scores,
    divisor: SCORE_UNIT,
    read: ({ counters: { results } }) =>
      [...results.scores].map(([label, histogram]) => [{ label }, histogram]),
  },
  {
    kind: 'histogram',
    name: 'sentiment_tokens',
    help: 'Tokens of each committed result as the model got them, special ones included.',
    labels: [],
    bounds: tokens,
    divisor: 1,
    read: ({ counters }) => [[{}, counters.results.tokens]],
  },
  counter(
    'sentiment_truncated_total',
    'Committed results of texts that were longer than the model reads.',
    (scrape) => scrape.counters.results.truncated,
  ),
  counter(
    'sentiment_unknown_tokens_total',
    'Tokens of committed results for which the tokenizer has no word.',
    (scrape) => scrape.counters.results.unknownTokens,
  ),
  counter(
    'sentiment_cache_hits_total',
    'Texts that were answered from model.cache_bytes, without the model.',
    (scrape) => scrape.counters.cacheHits,
  ),
  counter(
    'sentiment_cache_misses_total',
    'Texts that were not there yet, or not any more; 0 without model.cache_bytes.',
    (scrape) => scrape.counters.cacheMisses,
  ),
  {
    kind: 'counter',
    name: 'sentiment_cascade_total',
    help: 'Committed results by the model of the cascade that gave them; missing without model.cascade.',
    labels: ['stage'],
    read: ({ counters }) =>
      Object.entries(counters.byStage ?? {}).map(([stage, value]) => [{ stage }, value]),
  },
  {
    kind: 'gauge',
    name: 'sentiment_shadow_agreement_ratio',
    help: 'Share of the last 1,000 texts to which model.shadow gives the same label; missing before the first.',
    labels: ['shadow_version'],
    read: ({ counters: { shadow } }) =>
      shadow?.agreement === undefined ? [] : [[{ shadow_version: shadow.version }, shadow.agreement]],
  },
  {
    kind: 'histogram',
    name: 'sentiment_shadow_distance',
    help: "How far model.shadow's score of the result's label is from that of the result; missing without a shadow.",
    labels: ['shadow_version'],
    bounds: [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1],
    divisor: DISTANCE_UNIT,
    read: ({ counters: { shadow } }) =>
      shadow === undefined ? [] : [[{ shadow_version: shadow.version }, shadow.distance]],
  },
  {
    kind: 'counter',
    name: 'sentiment_shadow_total',
    help: 'Texts for model.shadow: same or other label, skipped for lack of time, failed; missing without a shadow.',
    labels: ['outcome'],
    read: ({ counters: { shadow } }) =>
      shadow === undefined
        ? []
        : [
            [{ outcome: 'same' }, shadow.agreed],
            [{ outcome: 'other' }, shadow.differed],
            [{ outcome: 'skipped' }, shadow.skipped],
            [{ outcome: 'failed' }, shadow.failed],
          ],
  },
  {
    kind: 'gauge',
    name: 'sentiment_drift',
    help: 'Population stability index of the last results and the baseline, by signal; missing without a baseline.',
    labels: ['signal'],
    read: ({ gauges }) => Object.entries(gauges.drift ?? {}).map(([signal, value]) => [{ signal }, value]),
  },
];
