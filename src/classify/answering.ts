import type { WaitingRows } from '../consume/waiting-rows.ts';
import type { Priority } from '../slots.ts';

/** What answers texts: one model, or a cascade of two. */
export interface Answering extends WaitingRows {
  /** Rows waiting for a batch, including those that have failed before. */
  readonly waiting: number;
  /** Whether any of its rows is not finished. */
  readonly hasRows: boolean;
  /** Whether more results are on the way. */
  readonly isBusy: boolean;
  /** Batches that its threads have. */
  readonly inFlight: number;
  /** A text whose logits are known already, and begin at `at`. */
  answer(slot: number, priority: Priority, logits: Float32Array, at: number): void;
  /** Call when all partitions have been given back. */
  close(): void;
}
