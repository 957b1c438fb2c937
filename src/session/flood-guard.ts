const WINDOW_S = 60;
/** With fewer messages than this a share is meaningless. */
const MESSAGES_MIN = 100;

/** Watches the share of dead letters over the last minute (`dlq_stop_ratio`). */
export class FloodGuard {
  readonly #ratioMax: () => number;
  readonly #now: () => number;
  readonly #totals = new Float64Array(WINDOW_S);
  readonly #dead = new Float64Array(WINDOW_S);
  #second = 0;

  /** A `ratioMax` of 0 disables it. `now` in ms. */
  constructor(ratioMax: () => number, now: () => number = () => performance.now()) {
    this.#ratioMax = ratioMax;
    this.#now = now;
  }

  /** Counts a committed cycle; true if too many of the last minute's messages were dead letters. */
  add(messages: number, deadLetters: number): boolean {
    this.#forget();
    const at = this.#second % WINDOW_S;
    this.#totals[at] = (this.#totals[at] as number) + messages;
    this.#dead[at] = (this.#dead[at] as number) + deadLetters;
    const ratioMax = this.#ratioMax();
    if (ratioMax === 0) return false;
    const total = sum(this.#totals);
    return total >= MESSAGES_MIN && sum(this.#dead) / total >= ratioMax;
  }

  #forget(): void {
    const second = Math.floor(this.#now() / 1_000);
    for (let step = 0; this.#second < second && step < WINDOW_S; step++) {
      this.#second++;
      this.#totals[this.#second % WINDOW_S] = 0;
      this.#dead[this.#second % WINDOW_S] = 0;
    }
    this.#second = second;
  }
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}
