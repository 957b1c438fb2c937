import type { MessageBatch } from './message-batch.ts';

/** Batches that failed and are tried again as they are, not before their time. A handful at most. */
export class FailedBatches {
  readonly #waiting: { readonly batch: MessageBatch; readonly dueAtMs: number }[] = [];

  get rows(): number {
    return this.#waiting.reduce((sum, { batch }) => sum + batch.count, 0);
  }

  add(batch: MessageBatch, dueAtMs: number): void {
    if (batch.count > 0) this.#waiting.push({ batch, dueAtMs });
  }

  /** Gives all of them back, whatever their time. */
  clear(): MessageBatch[] {
    return this.#waiting.splice(0).map(({ batch }) => batch);
  }

  /** The first batch whose time has come. */
  next(nowMs: number): MessageBatch | undefined {
    const index = this.#waiting.findIndex(({ dueAtMs }) => dueAtMs <= nowMs);
    return index < 0 ? undefined : this.#waiting.splice(index, 1)[0]?.batch;
  }
}
