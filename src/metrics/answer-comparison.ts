import { Histogram } from './histogram.ts';

/** A text of which two models say different things, by place. */
export interface Difference {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Label and score of the result. */
  readonly label: string;
  readonly score: number;
  /** What the other model says. */
  readonly otherLabel: string;
  readonly otherScore: number;
  /** How far the scores of `label` are apart, 0…1. */
  readonly distance: number;
}

/** Texts that the agreement is of. */
const WINDOW = 1_000;
const DIFFERENCES_MAX = 20;
/** Distances are kept in thousandths, in which the histogram is precise. */
export const DISTANCE_UNIT = 1_000;

/** What came of asking a second model beside the one that answers. */
export class AnswerComparison {
  readonly model: string;
  readonly version: string;
  agreed = 0;
  differed = 0;
  /** Texts that were to be asked, while as many as fit were waiting. */
  skipped = 0;
  /** Texts that the other model could not read, or failed on. */
  failed = 0;
  /** How far the scores of the result's label are apart, × `DISTANCE_UNIT`. */
  readonly distance = new Histogram();
  /** 1 where the last texts got the same label; a ring. */
  readonly #same = new Uint8Array(WINDOW);
  #sameCount = 0;
  /** The farthest first. */
  #differences: readonly Difference[] = [];

  constructor({ name, version }: { readonly name: string; readonly version: string }) {
    this.model = name;
    this.version = version;
  }

  /** Texts that both models have answered. */
  get compared(): number {
    return this.agreed + this.differed;
  }

  /** Share of the last 1,000 texts with the same label; undefined before the first. */
  get agreement(): number | undefined {
    const { compared } = this;
    return compared === 0 ? undefined : this.#sameCount / Math.min(compared, WINDOW);
  }

  /** How far the scores of the result's label are apart on average, 0…1; undefined before the first text. */
  get meanDistance(): number | undefined {
    const { compared, distance } = this;
    return compared === 0 ? undefined : distance.sum / compared / DISTANCE_UNIT;
  }

  /** The texts that differ most, the farthest first. */
  get differences(): readonly Difference[] {
    return this.#differences;
  }

  add(one: Difference): void {
    const isSame = one.label === one.otherLabel ? 1 : 0;
    const at = this.compared % WINDOW;
    this.#sameCount += isSame - (this.#same[at] as number);
    this.#same[at] = isSame;
    if (isSame === 1) this.agreed++;
    else this.differed++;
    this.distance.record(one.distance * DISTANCE_UNIT);
    const least = this.#differences.at(-1)?.distance ?? 0;
    if (this.#differences.length === DIFFERENCES_MAX && one.distance <= least) return;
    const sorted = [...this.#differences, one].sort((a, b) => b.distance - a.distance);
    this.#differences = sorted.slice(0, DIFFERENCES_MAX);
  }
}
