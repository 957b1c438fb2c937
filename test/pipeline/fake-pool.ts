import { KubesentimentError } from '../../src/errors.ts';
import type { ModelPool, Tensors } from '../../src/infer/model-pool.ts';
import { PlaceListeners } from '../../src/infer/place-listeners.ts';

/** Decides whether and how a batch fails; called with the token ids of each row. */
export type BatchFault = (
  rows: readonly (readonly number[])[],
) => 'none' | 'fail' | 'nan' | 'hang' | 'broken';

export interface FakePoolOptions {
  readonly threads?: number;
  readonly fault?: BatchFault;
  /** How long a batch takes. */
  readonly latencyMs?: () => number;
  /** When a hanging batch is given up on. */
  readonly timeoutMs?: number;
  /** How long until it comes back after all. Default: never. */
  readonly hangMs?: number;
  /** Default: a hash of the token ids. */
  readonly logitsOf?: (tokens: readonly number[]) => [number, number];
}

const PLACES = 2;

/**
 * A pool without a model: the logits are a hash of the token ids, so a row that gets another row's result is
 * detected. As in `InferencePool`, a hanging batch keeps its place.
 */
export class FakePool implements ModelPool {
  readonly #options: FakePoolOptions;
  readonly #listeners = new PlaceListeners();
  #hanging = 0;
  inFlight = 0;
  /** Rows of each batch, in the order of arrival. */
  readonly batches: number[] = [];

  constructor(options: FakePoolOptions = {}) {
    this.#options = options;
  }

  get threads(): number {
    return this.#options.threads ?? 2;
  }

  get hasIdleThread(): boolean {
    return this.inFlight < this.threads;
  }

  get hasPlace(): boolean {
    return this.inFlight < this.threads * PLACES;
  }

  get isStuck(): boolean {
    return this.#hanging >= this.threads * PLACES;
  }

  /** How many listeners are notified of a free place. */
  get listeners(): number {
    return this.#listeners.size;
  }

  onPlace(listener: () => void): () => void {
    return this.#listeners.add(listener);
  }

  tensors(rows: number, width: number): Tensors {
    const ids = new BigInt64Array(rows * width);
    return { buffer: ids.buffer, rows, width, ids, mask: new BigInt64Array(rows * width) };
  }

  async run({ rows, width, ids, mask }: Tensors, read: (logits: Float32Array) => void): Promise<boolean> {
    this.inFlight++;
    this.batches.push(rows);
    const tokens = Array.from({ length: rows }, (_, row) => tokensOf(ids, mask, row * width, width));
    const fault = this.#options.fault?.(tokens) ?? 'none';
    if (fault === 'hang') return this.#hang();
    await new Promise((resolve) => setTimeout(resolve, this.#options.latencyMs?.() ?? 0));
    this.#freePlace();
    if (fault === 'broken') throw new TypeError('undefined is not a function');
    if (fault === 'fail') throw new KubesentimentError('KS_INFERENCE_FAILED', 'The batch failed on purpose.');
    const { logitsOf: say = logitsOf } = this.#options;
    read(Float32Array.from(tokens.flatMap(fault === 'nan' ? () => [Number.NaN, 0] : say)));
    return true;
  }

  #freePlace(): void {
    this.inFlight--;
    this.#listeners.notify();
  }

  async #hang(): Promise<never> {
    const { timeoutMs = 20, hangMs } = this.#options;
    if (hangMs !== undefined) {
      setTimeout(() => {
        this.#hanging--;
        this.#freePlace();
      }, hangMs);
    }
    await new Promise((resolve) => setTimeout(resolve, timeoutMs));
    this.#hanging++;
    throw new KubesentimentError('KS_INFERENCE_TIMEOUT', 'The batch took too long, on purpose.');
  }
}

/** Logits of two labels for a row of token ids, special tokens included. */
export function logitsOf(tokens: readonly number[]): [number, number] {
  let value = 2166136261;
  for (const token of tokens) value = Math.imul(value ^ token, 16777619) >>> 0;
  return [(value % 1000) / 250, ((value >>> 10) % 1000) / 250];
}

function tokensOf(ids: BigInt64Array, mask: BigInt64Array, at: number, width: number): number[] {
  const length = mask.subarray(at, at + width).reduce((sum, bit) => sum + Number(bit), 0);
  return Array.from(ids.subarray(at, at + length), Number);
}
