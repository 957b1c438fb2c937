import type { RecentDeadLetter } from '../types.ts';

const KEPT = 50;

/** The latest dead letters, for the live page: where and why, never their content. */
export class RecentDeadLetters {
  #list: readonly RecentDeadLetter[] = [];
  /** Dead letters since the last call of `newestFirst`: in a flood each costs a push, not a copy. */
  #added: RecentDeadLetter[] = [];

  add(letter: RecentDeadLetter): void {
    this.#added.push(letter);
    if (this.#added.length > 2 * KEPT) this.#added = this.#added.slice(-KEPT);
  }

  /** The same array until a dead letter is added. */
  newestFirst(): readonly RecentDeadLetter[] {
    if (this.#added.length > 0) {
      this.#list = [...this.#added.reverse(), ...this.#list].slice(0, KEPT);
      this.#added = [];
    }
    return this.#list;
  }
}
