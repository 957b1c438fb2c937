import type { Priority } from '../slots.ts';

/** Where decoded rows go. */
export interface WaitingRows {
  /** Rows waiting to be classified. */
  readonly queued: number;
  add(slot: number, priority: Priority): void;
  /** The row gets a batch to itself. */
  addAlone(slot: number): void;
  /** Call after adding rows. */
  dispatch(): void;
}
