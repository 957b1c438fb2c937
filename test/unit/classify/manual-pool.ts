import { KubesentimentError } from '../../../src/errors.ts';
import type { ModelPool, Tensors } from '../../../src/infer/model-pool.ts';
import { PlaceListeners } from '../../../src/infer/place-listeners.ts';

/** A batch that was handed over; exactly one of the verbs ends it. */
export interface Run {
  /** The slot of each row, as the fake decoder has packed it. */
  readonly slots: readonly number[];
  /** One row of logits for each row of the batch. */
  answer(logits: readonly (readonly number[])[]): Promise<void>;
  fail(error?: unknown): Promise<void>;
  /** No thread has started on it. */
  handBack(): Promise<void>;
}

/** A pool in which each batch ends when and how the test says. */
export class ManualPool implements ModelPool {
  readonly #threads: number;
  readonly #listeners = new PlaceListeners();
  /** Batches handed over and not yet ended, in the order of arrival. */
  readonly runs: Run[] = [];
  isStuck = false;

  constructor(threads = 1) {
    this.#threads = threads;
  }

  get inFlight(): number {
    return this.runs.length;
  }

  get hasIdleThread(): boolean {
    return this.inFlight < this.#threads;
  }

  get hasPlace(): boolean {
    return this.inFlight < 2 * this.#threads;
  }

  onPlace(listener: () => void): () => void {
    return this.#listeners.add(listener);
  }

  tensors(rows: number, width: number): Tensors {
    const ids = new BigInt64Array(rows * width);
    return { buffer: ids.buffer, rows, width, ids, mask: new BigInt64Array(rows * width) };
  }

  run({ rows, width, ids }: Tensors, read: (logits: Float32Array) => void): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const end = async (settle: () => void): Promise<void> => {
        this.runs.splice(this.runs.indexOf(run), 1);
        this.#listeners.notify();
        settle();
        await new Promise(setImmediate); // what awaits this run has gone on
      };
      const run: Run = {
        slots: Array.from({ length: rows }, (_, row) => Number(ids[row * width])),
        answer: (logits) =>
          end(() => {
            read(Float32Array.from(logits.flat()));
            resolve(true);
          }),
        fail: (error = new KubesentimentError('KS_INFERENCE_FAILED', 'The batch failed on purpose.')) =>
          end(() => reject(error)),
        handBack: () => end(() => resolve(false)),
      };
      this.runs.push(run);
    });
  }
}
