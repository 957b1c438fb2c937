/**
 * Finds the record that a topic refuses as too large. The broker names only the topic: the messages of a transaction
 * that failed are sent again in halves, as failed batches are, until that record is alone.
 */
export class Isolation {
  readonly #messagesMax: number;
  #limit: number;
  /** Messages among which it still must be. */
  #suspects = 0;
  #isInVain = false;

  constructor(messagesMax: number) {
    this.#messagesMax = messagesMax;
    this.#limit = messagesMax;
  }

  /** The most messages for the next transaction. */
  get limit(): number {
    return this.#limit;
  }

  /** Whether the next transaction is smaller than it could be. */
  get isSearching(): boolean {
    return this.#limit < this.#messagesMax;
  }

  /** A transaction of `count` messages was refused. True if that is the message. */
  refused(count: number): boolean {
    if (this.#isInVain) return false;
    this.#suspects = count;
    this.#limit = Math.max(1, Math.ceil(count / 2));
    return count === 1;
  }

  /** Nothing of the message can be left out, so it waits until the topic takes it, and the others with it. */
  giveUp(): void {
    this.#isInVain = true;
    this.#suspects = 0;
    this.#limit = this.#messagesMax;
  }

  /** A transaction of `count` messages succeeded. */
  committed(count: number): void {
    this.#isInVain = false;
    this.#suspects -= count;
    if (this.#suspects <= 0) this.#limit = Math.min(this.#messagesMax, 2 * this.#limit);
  }
}
