import { type ModelResults, type ResultCounts, SCORE_UNIT } from '../metrics/result-counts.ts';

/** Upper ends of the bins, the last one open. Models are sure of most texts, so the bins are narrow near 1. */
export const scoreBounds = [0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999] as const;
export const tokenBounds = [4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 1024, 2048] as const;

/** What the distribution of results is looked at by. */
export const signals = ['labels', 'scores', 'length', 'unknown_tokens'] as const;
export type Signal = (typeof signals)[number];

/**
 * How many results fell into each bin of each signal, since the start or over a while. `unknown_tokens` counts tokens,
 * not results: [unknown, known].
 */
export type Profile = Readonly<Record<Signal, readonly number[]>>;

/** Reads what has been counted since the start: some sixty numbers. The labels are those of one model. */
export function profileOf(results: ResultCounts, { byLabel }: Pick<ModelResults, 'byLabel'>): Profile {
  const scores = new Array<number>(scoreBounds.length + 1).fill(0);
  for (const histogram of results.scores.values()) {
    const counts = binned(
      histogram.cumulativeCounts(scoreBounds.map((bound) => bound * SCORE_UNIT)),
      histogram.count,
    );
    counts.forEach((count, bin) => {
      scores[bin] = (scores[bin] as number) + count;
    });
  }
  const { tokens, unknownTokens } = results;
  return {
    labels: Array.from(byLabel),
    scores,
    length: binned(tokens.cumulativeCounts(tokenBounds), tokens.count),
    unknown_tokens: [unknownTokens, tokens.sum - unknownTokens],
  };
}

/** `later` − `earlier`. */
export function between(earlier: Profile, later: Profile): Profile {
  return mapSignals((signal) => later[signal].map((count, bin) => count - (earlier[signal][bin] as number)));
}

/** How many results a profile counts. */
export function resultsIn({ labels }: Profile): number {
  return total(labels);
}

export function mapSignals<T>(of: (signal: Signal) => T): Record<Signal, T> {
  return Object.fromEntries(signals.map((signal) => [signal, of(signal)])) as Record<Signal, T>;
}

export function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

function binned(cumulative: readonly number[], count: number): number[] {
  return [...cumulative, count].map((upTo, bin) => upTo - (bin === 0 ? 0 : (cumulative[bin - 1] as number)));
}
