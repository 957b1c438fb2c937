import type { ModelPool, Tensors } from '../infer/model-pool.ts';
import { PlaceListeners } from '../infer/place-listeners.ts';

export interface SparePoolOptions {
  /** The threads of the model that must not be in the way. */
  readonly pool: ModelPool;
  /** Those of the models that do the real work. */
  readonly busy: readonly ModelPool[];
  /** How many batches the processors run at once. */
  readonly threads: number;
  /** Whether work is waiting for a batch. */
  readonly hasWork: () => boolean;
}

/**
 * A model as seen by somebody who may use only what the others leave: one batch at a time, and only while a thread of
 * theirs would be idle and nothing is waiting for it. A batch cannot be recalled, so it should be short.
 */
export class SparePool implements ModelPool {
  readonly #options: SparePoolOptions;
  readonly #listeners = new PlaceListeners();
  #inFlight = 0;

  constructor(options: SparePoolOptions) {
    this.#options = options;
  }

  get hasPlace(): boolean {
    const { pool, busy, threads, hasWork } = this.#options;
    if (this.#inFlight > 0 || !pool.hasPlace) return false;
    return busy.reduce((sum, { inFlight }) => sum + inFlight, 0) < threads && !hasWork();
  }

  get hasIdleThread(): boolean {
    return this.hasPlace;
  }

  get isStuck(): boolean {
    return this.#options.pool.isStuck;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** The others announce each batch that comes back, and that may have been the last one. */
  onPlace(listener: () => void): () => void {
    const { busy } = this.#options;
    const removals = [this.#listeners.add(listener), ...busy.map((pool) => pool.onPlace(listener))];
    return () => {
      for (const remove of removals) remove();
    };
  }

  tensors(rows: number, width: number): Tensors {
    return this.#options.pool.tensors(rows, width);
  }

  async run(tensors: Tensors, read: Parameters<ModelPool['run']>[1]): Promise<boolean> {
    this.#inFlight++;
    try {
      return await this.#options.pool.run(tensors, read);
    } finally {
      this.#inFlight--;
      this.#listeners.notify();
    }
  }
}
