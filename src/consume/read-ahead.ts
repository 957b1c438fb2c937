export interface ReadAheadOptions {
  readonly messagesMin: number;
  readonly messagesMax: number;
  /** How much work may wait: enough for well-filled batches; more would only get stale in memory. */
  readonly aheadMs: number;
}

const MEASURE_MS = 200;

/** How many messages to keep waiting for inference: a constant amount of time at this model's speed. */
export class ReadAhead {
  readonly #options: ReadAheadOptions;
  #measuredAtMs = 0;
  #measuredTotal = 0;
  #messages: number;

  constructor(options: ReadAheadOptions) {
    this.#options = options;
    this.#messages = options.messagesMin;
  }

  /** Messages to keep waiting. */
  get messages(): number {
    return this.#messages;
  }

  /** `total` is the number of messages classified so far. */
  observe(total: number, nowMs: number): void {
    const elapsedMs = nowMs - this.#measuredAtMs;
    if (elapsedMs < MEASURE_MS) return;
    const { messagesMin, messagesMax, aheadMs } = this.#options;
    const wanted = ((total - this.#measuredTotal) * aheadMs) / elapsedMs;
    // Decrease slowly: a pause says nothing about the speed.
    const next = Math.max(wanted, this.#messages * 0.9);
    this.#messages = Math.round(Math.min(messagesMax, Math.max(messagesMin, next)));
    this.#measuredAtMs = nowMs;
    this.#measuredTotal = total;
  }
}
