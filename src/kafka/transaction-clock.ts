const TICK_MS = 500;

export interface TransactionClockOptions {
  /** Time after which the broker ends an open transaction by itself. */
  readonly timeoutMs: number;
  /** Whether another process can have the transactional id: it was configured, not made up. */
  readonly isShared: boolean;
  /** Milliseconds that only grow, also while the process is stopped. */
  readonly now?: () => number;
}

/**
 * A producer that is fenced has met one of two things, and the broker answers both alike: another process
 * has taken over its transactional id, or its own transaction was open for too long and the coordinator ended
 * it. This tells them apart by time.
 */
export class TransactionClock {
  readonly #options: TransactionClockOptions;
  readonly #now: () => number;
  #timer: NodeJS.Timeout | undefined;
  #begunAt = Number.POSITIVE_INFINITY;
  #tickedAt = 0;
  #stalledMs = 0;

  constructor(options: TransactionClockOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  begin(): void {
    this.#timer ??= setInterval(() => this.tick(), TICK_MS).unref();
    this.#begunAt = this.#tickedAt = this.#now();
    this.#stalledMs = 0;
  }

  /** Notes how long the process has not run. */
  tick(): void {
    const now = this.#now();
    this.#stalledMs = Math.max(this.#stalledMs, now - this.#tickedAt);
    this.#tickedAt = now;
  }

  /**
   * Whether the coordinator must have ended the transaction: it was open for longer than it may. A process
   * that was stopped all that time is no witness: its successor may be at work under the same id.
   */
  get hasExpired(): boolean {
    this.tick();
    const { timeoutMs, isShared } = this.#options;
    return !isShared || (this.#now() - this.#begunAt >= timeoutMs && this.#stalledMs < timeoutMs);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
