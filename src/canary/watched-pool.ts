import type { ModelPool, Tensors } from '../infer/model-pool.ts';

export interface BatchListener {
  /** A batch is back: its tokens, padding included, and how long a thread has worked on it. */
  readonly onBatch: (rows: number, tokens: number, ms: number) => void;
  readonly onFailure?: ((error: unknown) => void) | undefined;
}

/** The threads of a model, with somebody who watches how long its batches take. */
export class WatchedPool implements ModelPool {
  readonly #pool: ModelPool;
  readonly #listener: BatchListener;
  /** Whether it is no reason to end the process that all threads hang. */
  readonly #mayHang: boolean;

  constructor(pool: ModelPool, listener: BatchListener, { mayHang = false } = {}) {
    this.#pool = pool;
    this.#listener = listener;
    this.#mayHang = mayHang;
  }

  get hasPlace(): boolean {
    return this.#pool.hasPlace;
  }

  get hasIdleThread(): boolean {
    return this.#pool.hasIdleThread;
  }

  get isStuck(): boolean {
    return !this.#mayHang && this.#pool.isStuck;
  }

  get inFlight(): number {
    return this.#pool.inFlight;
  }

  onPlace(listener: () => void): () => void {
    return this.#pool.onPlace(listener);
  }

  tensors(rows: number, width: number): Tensors {
    return this.#pool.tensors(rows, width);
  }

  async run(tensors: Tensors, read: Parameters<ModelPool['run']>[1]): Promise<boolean> {
    const { rows, width } = tensors;
    const { onBatch, onFailure } = this.#listener;
    const startedAt = performance.now();
    try {
      return await this.#pool.run(tensors, (logits, ranMs) => {
        const ms = ranMs ?? performance.now() - startedAt;
        read(logits, ms);
        onBatch(rows, rows * width, ms);
      });
    } catch (error) {
      onFailure?.(error);
      throw error;
    }
  }
}
