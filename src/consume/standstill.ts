import type { UnreadableBatch } from '../clients.ts';

/** Longer than it takes to try a batch again. */
const UNREADABLE_MS = 60_000;

/** The batch that a partition cannot be read beyond, for as long as the client says so. */
export class Standstill {
  #batch: UnreadableBatch | undefined;
  #saidAt = 0;

  get batch(): UnreadableBatch | undefined {
    return performance.now() - this.#saidAt < UNREADABLE_MS ? this.#batch : undefined;
  }

  add(batch: UnreadableBatch): void {
    this.#batch = batch;
    this.#saidAt = performance.now();
  }

  /** A message at `offset` has been read. */
  passed(offset: number): void {
    if (this.#batch !== undefined && offset >= this.#batch.offset) this.#batch = undefined;
  }
}
