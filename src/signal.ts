/**
 * Wakes the loops that wait for something. A notification while nobody is waiting is remembered, so none is ever
 * missed; several count as one.
 */
export class Signal {
  #notified = false;
  readonly #waiting = new Set<() => void>();

  notify(): void {
    if (this.#waiting.size === 0) this.#notified = true;
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  /** Resolves at the next notification, or after `timeoutMs`. */
  async wait(timeoutMs: number): Promise<void> {
    if (this.#notified) {
      this.#notified = false;
      return;
    }
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, timeoutMs);
      this.#waiting.add(wake);
    });
  }
}

/** Milliseconds until the next tick; ticks are `periodMs` apart, and everyone waiting for one wakes up together. */
export function untilTick(periodMs: number): number {
  return periodMs - (performance.now() % periodMs);
}
