import { Histogram } from './histogram.ts';

/** Unit of the score histograms: thousandths, in which the histogram is precise. */
export const SCORE_UNIT = 1_000;

/** What a model says, counted for each committed result: a few additions, no object. */
export class ResultCounts {
  /** Names of the outputs in their order; after them the one for scores that are too low, if there is one. */
  readonly labels: readonly string[];
  /** By index into `labels`. */
  readonly byLabel: Float64Array;
  /** Scores × `SCORE_UNIT`, by index into `labels`. Plain values below 0 count as 0. */
  readonly scores: readonly Histogram[];
  /** Tokens as the model gets them, special ones included. */
  readonly tokens = new Histogram();
  /** Tokens for which the tokenizer has no word. */
  unknownTokens = 0;
  /** Texts that were longer than the model reads. */
  truncated = 0;

  constructor(labels: readonly string[]) {
    this.labels = labels;
    this.byLabel = new Float64Array(labels.length);
    this.scores = labels.map(() => new Histogram());
  }

  add(label: number, score: number, tokens: number, unknownTokens: number, isTruncated: boolean): void {
    this.byLabel[label] = (this.byLabel[label] ?? 0) + 1;
    this.scores[label]?.record(score * SCORE_UNIT);
    this.tokens.record(tokens);
    this.unknownTokens += unknownTokens;
    if (isTruncated) this.truncated++;
  }
}
