import type { Activation } from '../types.ts';

export interface ScoreSettings {
  /** Columns of the logits. */
  readonly labels: number;
  /** Default: softmax. */
  readonly activation?: Activation;
  /** A row whose best score is lower gets the number `labels` as its label: uncertain. 0 or left out: never. */
  readonly minScore?: number;
}

/** Turns one row of logits after another into scores and a label. */
export class Scores {
  /** Of the last row, one for each label. */
  readonly all: Float64Array;
  /** The best score of the last row, and the first label that has it. */
  score = 0;
  label = 0;
  readonly #activation: Activation;
  readonly #minScore: number;

  constructor({ labels, activation = 'softmax', minScore = 0 }: ScoreSettings) {
    this.all = new Float64Array(labels);
    this.#activation = activation;
    this.#minScore = minScore;
  }

  /** Reads the row that begins at `at`. Returns false if it contains anything but finite numbers. */
  read(logits: Float32Array, at: number): boolean {
    const { all } = this;
    let best = 0;
    for (let i = 1; i < all.length; i++)
      if ((logits[at + i] as number) > (logits[at + best] as number)) best = i;
    const top = logits[at + best] as number;
    let sum = 0;
    for (let i = 0; i < all.length; i++) {
      const score = this.#raw(logits[at + i] as number, top);
      all[i] = score;
      sum += score;
    }
    if (!Number.isFinite(sum)) return false;
    if (this.#activation === 'softmax')
      for (let i = 0; i < all.length; i++) all[i] = (all[i] as number) / sum;
    this.score = all[best] as number;
    this.label = this.#minScore > 0 && this.score < this.#minScore ? all.length : best;
    return true;
  }

  #raw(logit: number, top: number): number {
    if (this.#activation === 'softmax') return Math.exp(logit - top);
    return this.#activation === 'sigmoid' ? 1 / (1 + Math.exp(-logit)) : logit;
  }
}
