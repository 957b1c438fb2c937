/**
 * How long the event loop has stood still, in the watchdog's own running time: a step counts for two ticks at most, so
 * time in which the whole process was stopped, its machine suspended or without a processor does not count.
 */
export class StallClock {
  readonly #stepMsMax: number;
  #beats = -1;
  #lastAt: number;
  #stalledMs = 0;

  constructor(tickMs: number, nowMs: number) {
    this.#stepMsMax = 2 * tickMs;
    this.#lastAt = nowMs;
  }

  /** Call it at each tick. `beats` grows as the loop turns, `nowMs` is monotonic. Returns how long, ms. */
  tick(beats: number, nowMs: number): number {
    const stepMs = Math.min(nowMs - this.#lastAt, this.#stepMsMax);
    this.#lastAt = nowMs;
    this.#stalledMs = beats === this.#beats ? this.#stalledMs + stepMs : 0;
    this.#beats = beats;
    return this.#stalledMs;
  }
}
