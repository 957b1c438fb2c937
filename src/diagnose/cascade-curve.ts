import { differenceEstimate, type Estimate, shareEstimate } from './paired-interval.ts';

/** What both models make of one text. */
export interface CascadeText {
  /** Of the first model's label. */
  readonly score: number;
  readonly isSameLabel: boolean;
  /** Whether each model gives the label that is right. undefined: nobody knows. */
  readonly isRight: readonly [boolean, boolean] | undefined;
}

/** What becomes of the texts if those with a score under `below` are asked again of the second model. */
export interface CascadePoint {
  readonly below: number;
  readonly askedAgain: number;
  /** `askedAgain` of all texts. */
  readonly share: number;
  /** Of the cascade. undefined without labels. */
  readonly accuracy: number | undefined;
  /**
   * How much less often the cascade is right than the second model alone. Without labels, how often it gives another
   * label than that one.
   */
  readonly loss: Estimate;
}

/** Shares of texts asked again, in per cent, whose thresholds are tried. */
const STEPS = 100;
/** Thresholds have four decimals: somebody will type them. */
const DECIMALS = 10_000;

/** The texts in the order of their scores, so that every threshold is looked up instead of counted. */
export class CascadeCurve {
  readonly #scores: Float64Array;
  /** Of the texts from here on, how many only the second model, or only the first one, gets right. */
  readonly #lost: Uint32Array;
  readonly #won: Uint32Array;
  readonly #rightSecond: number;
  readonly #isLabelled: boolean;

  /** `texts`: at least one, and either all of them say what is right or none does. */
  constructor(texts: readonly CascadeText[]) {
    const sorted = [...texts].sort((a, b) => a.score - b.score);
    this.#scores = Float64Array.from(sorted, ({ score }) => score);
    this.#isLabelled = sorted[0]?.isRight !== undefined;
    this.#rightSecond = sorted.filter(({ isRight }) => isRight?.[1]).length;
    this.#lost = new Uint32Array(sorted.length + 1);
    this.#won = new Uint32Array(sorted.length + 1);
    for (let i = sorted.length - 1; i >= 0; i--) {
      const { isRight, isSameLabel } = sorted[i] as CascadeText;
      const [first, second] = isRight ?? [isSameLabel, true];
      this.#lost[i] = (this.#lost[i + 1] as number) + Number(second && !first);
      this.#won[i] = (this.#won[i + 1] as number) + Number(first && !second);
    }
  }

  /** From nothing asked again to everything. */
  points(): CascadePoint[] {
    const thresholds = new Set([0]);
    for (let step = 1; step < STEPS; step++) {
      const score = this.#scores[Math.floor((step * this.#scores.length) / STEPS)] as number;
      thresholds.add(Math.min(1, Math.ceil(score * DECIMALS) / DECIMALS));
    }
    thresholds.add(1);
    return [...thresholds].sort((a, b) => a - b).map((below) => this.at(below));
  }

  at(below: number): CascadePoint {
    const total = this.#scores.length;
    const askedAgain = this.#countBelow(below);
    const [lost, won] = [this.#lost[askedAgain] as number, this.#won[askedAgain] as number];
    return {
      below,
      askedAgain,
      share: askedAgain / total,
      accuracy: this.#isLabelled ? (this.#rightSecond - lost + won) / total : undefined,
      loss: this.#isLabelled ? differenceEstimate(lost, won, total) : shareEstimate(lost, total),
    };
  }

  #countBelow(below: number): number {
    let [from, to] = [0, this.#scores.length];
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((this.#scores[middle] as number) < below) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}

/**
 * The lowest threshold whose loss is at most `lossMax` with confidence. It goes down from the highest one and stops at
 * the first that may lose more, so that trying many thresholds does not make a wrong one likelier. undefined: even
 * the highest one may lose more, because there are too few texts.
 */
export function proposeThreshold(points: readonly CascadePoint[], lossMax: number): CascadePoint | undefined {
  let proposed: CascadePoint | undefined;
  for (const point of points.toReversed()) {
    if (point.loss.high > lossMax) break;
    proposed = point;
  }
  return proposed;
}
