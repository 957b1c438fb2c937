import type { RecentDeadLetter } from '../types.ts';

const KEPT = 50;

/** The last messages that were given up on, for the live page: where and why, never what they said. */
export class RecentDeadLetters {
  #list: readonly RecentDeadLetter[] = [];
  /** What came since `list` was asked for: a flood costs a push for each, not a copy. */
  #added: RecentDeadLetter[] = [];

  add(letter: RecentDeadLetter): void {
    this.#added.push(letter);
    if (this.#added.length > 2 * KEPT) this.#added = this.#added.slice(-KEPT);
  }

  /** The newest first. The same array until another one is added. */
  get list(): readonly RecentDeadLetter[] {
    if (this.#added.length > 0) {
      this.#list = [...this.#added.reverse(), ...this.#list].slice(0, KEPT);
      this.#added = [];
    }
    return this.#list;
  }
}
