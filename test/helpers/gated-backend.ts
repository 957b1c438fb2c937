/** A model whose batches wait until the test releases them. */
import type { BackendModule, LoadBackend } from '../../src/infer/backend.ts';

/** Shared by all threads: whether batches may continue, and how many have started. */
type Gate = Int32Array;

const OPEN = 0;
const STARTED = 1;

export class GatedBackend {
  readonly #gate: Gate = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));

  get module(): BackendModule {
    return { url: import.meta.url, options: this.#gate };
  }

  /** Resolves when a total of `count` batches have started. */
  async started(count: number): Promise<void> {
    while (Atomics.load(this.#gate, STARTED) < count) await new Promise(setImmediate);
  }

  open(): void {
    Atomics.store(this.#gate, OPEN, 1);
    Atomics.notify(this.#gate, OPEN);
  }
}

export const load: LoadBackend<Gate> = async (_model, gate) => ({
  provider: 'gate',
  unavailable: [],
  run: async ({ logits }) => {
    Atomics.add(gate, STARTED, 1);
    Atomics.wait(gate, OPEN, 0);
    logits.fill(0);
  },
});
