/** How much work waits at saturation: enough to never run dry, and little enough to finish quickly at the end. */
const WORK_S = 2;
const MESSAGES_MIN = 2_000;
const WINDOW_MS = 1_000;

/** How many messages may wait at saturation, given the rate at which results come out. */
export class Backlog {
  readonly #max: number;
  #messages: number;
  #since = { atMs: 0, visible: 0 };

  constructor(max: number) {
    this.#max = max;
    this.#messages = Math.min(max, MESSAGES_MIN);
  }

  messages(visible: number, nowMs: number): number {
    const elapsedMs = nowMs - this.#since.atMs;
    if (elapsedMs < WINDOW_MS) return this.#messages;
    const wanted = (WORK_S * 1_000 * (visible - this.#since.visible)) / elapsedMs;
    this.#messages = Math.round(Math.min(this.#max, Math.max(MESSAGES_MIN, wanted)));
    this.#since = { atMs: nowMs, visible };
    return this.#messages;
  }
}
