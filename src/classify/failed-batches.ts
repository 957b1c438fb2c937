import type { MessageBatch } from './message-batch.ts';

/** Failed batches that are retried unchanged once their time has come. A handful at most. */
export class FailedBatches {
  readonly #waiting: { readonly batch: MessageBatch; readonly dueAtMs: number }[] = [];

  get rows(): number {
    return this.#waiting.reduce((sum, { batch }) => sum + batch.count, 0);
  }

  add(batch: MessageBatch, dueAtMs: number): void {
    if (batch.count > 0) this.#waiting.push({ batch, dueAtMs });
  }

  /** Returns all of them, regardless of their time. */
  clear(): MessageBatch[] {
    return this.#waiting.splice(0).map(({ batch }) => batch);
  }

  /** The first batch whose time has come. */
  next(nowMs: number): MessageBatch | undefined {
    const index = this.#waiting.findIndex(({ dueAtMs }) => dueAtMs <= nowMs);
    return index < 0 ? undefined : this.#waiting.splice(index, 1)[0]?.batch;
  }
}
