export interface TimeHistogram {
  /** The start of the first bar, milliseconds since 1970; undefined if there are none. */
  readonly start: number | undefined;
  /** How much time each bar stands for. */
  readonly stepMs: number;
  readonly counts: readonly number[];
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Each divides the next, so that bars can be merged. */
const steps = [SECOND, 5 * SECOND, 15 * SECOND, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR, DAY];

/**
 * Counts by time without knowing the times beforehand: the bars become wider as soon as there would be more than
 * `barsMax`, so no topic makes it large.
 */
export class HistogramBuilder {
  readonly #barsMax: number;
  #stepMs = SECOND;
  #counts = new Map<number, number>();
  #first = Number.POSITIVE_INFINITY;
  #last = Number.NEGATIVE_INFINITY;

  constructor(barsMax: number) {
    this.#barsMax = barsMax;
  }

  /** Times that are not known (-1) are not counted. */
  add(timestamp: number): void {
    if (timestamp < 0) return;
    this.#count(Math.floor(timestamp / this.#stepMs), 1);
    while (this.#last - this.#first >= this.#barsMax) this.#widen();
  }

  build(): TimeHistogram {
    const stepMs = this.#stepMs;
    if (this.#counts.size === 0) return { start: undefined, stepMs, counts: [] };
    const counts = new Array<number>(this.#last - this.#first + 1).fill(0);
    for (const [index, count] of this.#counts) counts[index - this.#first] = count;
    return { start: this.#first * stepMs, stepMs, counts };
  }

  #count(index: number, count: number): void {
    this.#counts.set(index, (this.#counts.get(index) ?? 0) + count);
    this.#first = Math.min(this.#first, index);
    this.#last = Math.max(this.#last, index);
  }

  /** Beyond days, bars double. */
  #widen(): void {
    const stepMs = steps.find((step) => step > this.#stepMs) ?? 2 * this.#stepMs;
    const ratio = stepMs / this.#stepMs;
    const counts = this.#counts;
    this.#stepMs = stepMs;
    this.#counts = new Map();
    [this.#first, this.#last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const [index, count] of counts) this.#count(Math.floor(index / ratio), count);
  }
}
