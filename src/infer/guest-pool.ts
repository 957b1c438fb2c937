import type { ModelPool, Tensors } from './model-pool.ts';
import { PlaceListeners } from './place-listeners.ts';

export interface GuestPoolOptions {
  readonly pool: ModelPool;
  readonly threads: number;
  /** The share of all threads' time that a guest may take while the others keep them busy. */
  readonly share?: number;
  readonly now?: () => number;
}

const SHARE = 0.01;

/**
 * The inference threads as seen by a caller of lower priority: one batch at a time, at once if a thread is idle. While
 * all are busy, a batch waits for a pause that keeps the guest's share of their time small. A batch cannot be recalled
 * once it is handed over, so the pause follows it and is in proportion to the time it took.
 */
export class GuestPool implements ModelPool {
  readonly #pool: ModelPool;
  readonly #pauses: number;
  readonly #now: () => number;
  readonly #placeListeners = new PlaceListeners();
  #inFlight = 0;
  #busyUntil = 0;

  constructor({ pool, threads, share = SHARE, now = () => performance.now() }: GuestPoolOptions) {
    this.#pool = pool;
    this.#pauses = Math.max(0, 1 / (share * threads) - 1);
    this.#now = now;
  }

  get hasPlace(): boolean {
    if (this.#inFlight > 0 || !this.#pool.hasPlace) return false;
    return this.#pool.hasIdleThread || this.#now() >= this.#busyUntil;
  }

  get hasIdleThread(): boolean {
    return this.#pool.hasIdleThread;
  }

  get isStuck(): boolean {
    return this.#pool.isStuck;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** The pause needs no timer: a busy pool has batches that come back, and each one calls `listener`. */
  onPlace(listener: () => void): () => void {
    const removals = [this.#pool.onPlace(listener), this.#placeListeners.add(listener)];
    return () => {
      for (const remove of removals) remove();
    };
  }

  tensors(rows: number, width: number): Tensors {
    return this.#pool.tensors(rows, width);
  }

  async run(tensors: Tensors, read: Parameters<ModelPool['run']>[1]): Promise<boolean> {
    const startedAt = this.#now();
    this.#inFlight++;
    try {
      return await this.#pool.run(tensors, read);
    } finally {
      this.#inFlight--;
      const endedAt = this.#now();
      this.#busyUntil = endedAt + (endedAt - startedAt) * this.#pauses;
      // The pool announced the place before we counted it as free, and an idle pool will not announce it again.
      this.#placeListeners.notify();
    }
  }
}
