import type { ConsumerClient } from '../clients.ts';

const LOOK_MS = 2_000;

/**
 * Which request topics are gone. It asks the consumers, because they notice by themselves only after minutes that a
 * topic is back: one after the other while all is well, all of them while a topic is missing.
 */
export class TopicWatch {
  readonly #consumers: readonly ConsumerClient[];
  readonly #timer: NodeJS.Timeout;
  #missing: readonly string[] = [];
  #turn = 0;
  #isLooking = false;

  constructor(consumers: readonly ConsumerClient[], everyMs: number = LOOK_MS) {
    this.#consumers = consumers;
    this.#timer = setInterval(() => void this.#look(), everyMs);
    this.#timer.unref();
  }

  get missing(): readonly string[] {
    return this.#missing;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      const wasMissing = this.#missing.length > 0;
      const next = this.#consumers[this.#turn++ % this.#consumers.length];
      this.#missing = (await next?.missingTopics()) ?? [];
      if (wasMissing || this.#missing.length > 0)
        await Promise.all(this.#consumers.map((consumer) => consumer.missingTopics()));
    } catch {
      // no broker answers: that is told elsewhere
    }
    this.#isLooking = false;
  }
}
