import type { InferencePool, Tensors } from './inference-pool.ts';

type Pool = Pick<
  InferencePool,
  'hasPlace' | 'hasIdleThread' | 'isStuck' | 'inFlight' | 'onPlace' | 'tensors' | 'run'
>;

export interface GuestPoolOptions {
  readonly pool: Pool;
  readonly threads: number;
  /** Of the time of all threads, what a guest may take while the others keep them busy. */
  readonly share?: number;
  readonly now?: () => number;
}

const SHARE = 0.01;

/**
 * The inference threads as somebody of lower priority sees them: one batch at a time, at once where a thread is
 * idle; while all are busy, only after a pause that keeps the guest's share of their time small. A batch that is
 * handed over cannot be called back, so the pause comes after it, as long as it was slow.
 */
export class GuestPool implements Pool {
  readonly #pool: Pool;
  readonly #pauses: number;
  readonly #now: () => number;
  readonly #placeListeners: (() => void)[] = [];
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

  /** A busy pool has batches that come back, and so calls `listener` again: no timer is needed for the pause. */
  onPlace(listener: () => void): void {
    this.#pool.onPlace(listener);
    this.#placeListeners.push(listener);
  }

  tensors(rows: number, width: number): Tensors {
    return this.#pool.tensors(rows, width);
  }

  async run(tensors: Tensors, read: (logits: Float32Array) => void): Promise<boolean> {
    const startedAt = this.#now();
    this.#inFlight++;
    try {
      return await this.#pool.run(tensors, read);
    } finally {
      this.#inFlight--;
      const endedAt = this.#now();
      this.#busyUntil = endedAt + (endedAt - startedAt) * this.#pauses;
      // The pool has told of the place before it was free for us, and if it is idle it will not do so again.
      for (const listener of this.#placeListeners) listener();
    }
  }
}
