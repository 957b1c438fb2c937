import { Histogram } from './histogram.ts';

/** Unit of the score histograms: thousandths, in which the histogram is precise. */
export const SCORE_UNIT = 1_000;
/** Models whose counts are kept after others have taken their place. */
const MODELS_MAX = 16;

/** What all models of this process have said, counted for each committed result: a few additions, no object. */
export class ResultCounts {
  /** Tokens as the model gets them, special ones included. */
  readonly tokens = new Histogram();
  /** Tokens for which the tokenizer has no word. */
  unknownTokens = 0;
  /** Texts that were longer than the model reads. */
  truncated = 0;
  /** Scores × `SCORE_UNIT`, by label. Plain values below 0 count as 0. */
  readonly #scores = new Map<string, Histogram>();
  /** By version, the latest last. */
  readonly #models = new Map<string, ModelResults>();

  get models(): readonly ModelResults[] {
    return [...this.#models.values()];
  }

  get scores(): ReadonlyMap<string, Histogram> {
    return this.#scores;
  }

  /**
   * The counts of a model; they go on where that version was used before. `labels`: names of its outputs in their
   * order; after them the one for scores that are too low, if there is one.
   */
  of(version: string, labels: readonly string[]): ModelResults {
    const known = this.#models.get(version);
    this.#models.delete(version);
    for (const label of labels) if (!this.#scores.has(label)) this.#scores.set(label, new Histogram());
    const scores = labels.map((label) => this.#scores.get(label) as Histogram);
    const model = known ?? new ModelResults(this, version, labels, scores);
    this.#models.set(version, model);
    this.#forget();
    return model;
  }

  #forget(): void {
    if (this.#models.size <= MODELS_MAX) return;
    const [oldest] = this.#models.keys();
    this.#models.delete(oldest as string);
    const used = new Set(this.models.flatMap(({ labels }) => labels));
    for (const label of this.#scores.keys()) if (!used.has(label)) this.#scores.delete(label);
  }
}

/** What one model has said. */
export class ModelResults {
  readonly version: string;
  readonly labels: readonly string[];
  /** By index into `labels`. */
  readonly byLabel: Float64Array;
  readonly #all: Pick<ResultCounts, 'tokens' | 'unknownTokens' | 'truncated'>;
  readonly #scores: readonly Histogram[];

  constructor(
    all: Pick<ResultCounts, 'tokens' | 'unknownTokens' | 'truncated'>,
    version: string,
    labels: readonly string[],
    scores: readonly Histogram[],
  ) {
    this.#all = all;
    this.version = version;
    this.labels = labels;
    this.byLabel = new Float64Array(labels.length);
    this.#scores = scores;
  }

  add(label: number, score: number, tokens: number, unknownTokens: number, isTruncated: boolean): void {
    this.byLabel[label] = (this.byLabel[label] ?? 0) + 1;
    this.#scores[label]?.record(score * SCORE_UNIT);
    this.#all.tokens.record(tokens);
    this.#all.unknownTokens += unknownTokens;
    if (isTruncated) this.#all.truncated++;
  }
}
