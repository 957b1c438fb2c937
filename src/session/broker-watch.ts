const ASK_MS = 5_000;

/**
 * Whether brokers answer. It polls them, because a process that has nothing to read or write would not notice their
 * loss.
 */
export class BrokerWatch {
  readonly #ask: () => Promise<unknown>;
  readonly #timer: NodeJS.Timeout;
  #answeredAt = performance.now();
  #isAsking = false;

  /** `ask` rejects if no broker answers in time. */
  constructor(ask: () => Promise<unknown>, everyMs: number = ASK_MS) {
    this.#ask = ask;
    this.#timer = setInterval(() => void this.#look(), everyMs);
    this.#timer.unref();
  }

  /** Since the last answer. */
  get silentMs(): number {
    return performance.now() - this.#answeredAt;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      await this.#ask();
      this.#answeredAt = performance.now();
    } catch {
      // silentMs shows it; librdkafka's own errors are already logged
    }
    this.#isAsking = false;
  }
}
