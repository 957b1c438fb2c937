/** Follows one cycle of the publisher, for tracing. Its calls are made in this order; an error can skip some. */
export interface CycleTrace {
  /** The transaction is open, and records are about to be written. */
  begun(): void;
  /** The records of these slots, `records` in number, have been handed to the producer; what follows is the commit. */
  sent(slots: Int32Array, records: number): void;
  /** Something went wrong, and the cycle is about to be rolled back. `slots`: what it had taken until then. */
  failed(slots: Int32Array, error: unknown): void;
  /** `isThrough`: its messages are published. Otherwise the next cycle sends them again. */
  end(isThrough: boolean): void;
}
