/** A batch to classify: fill `ids` and `mask`, then hand it to `run`. */
export interface Tensors {
  readonly buffer: ArrayBuffer;
  readonly rows: number;
  readonly width: number;
  /** int64 [rows, width] */
  readonly ids: BigInt64Array;
  /** int64 [rows, width] */
  readonly mask: BigInt64Array;
}

/** The threads that run a model, as seen by whoever has batches for them. */
export interface ModelPool {
  /** Whether a batch may be handed over, to run or to wait behind a running one. */
  readonly hasPlace: boolean;
  /** Whether a thread would start on a batch at once. */
  readonly hasIdleThread: boolean;
  /** Whether every place is held by a run that was given up. If this lasts, only a new process helps. */
  readonly isStuck: boolean;
  /** Batches handed over and not yet back. */
  readonly inFlight: number;

  /** Calls `listener` each time a place becomes free, until the returned function is called. */
  onPlace(listener: () => void): () => void;

  /** Room for a batch of `rows` rows of `width` tokens each. */
  tensors(rows: number, width: number): Tensors;

  /**
   * Runs the model and passes the logits, float32 [rows, labels], to `read`; they are valid only during that call.
   * `ranMs`: how long a thread has worked on the batch, where that is known.
   * Resolves with false if no thread started on the batch within the timeout because the one before it is too slow:
   * hand it over again. Rejects with KS_INFERENCE_FAILED or KS_INFERENCE_TIMEOUT.
   */
  run(tensors: Tensors, read: (logits: Float32Array, ranMs?: number) => void): Promise<boolean>;
}
