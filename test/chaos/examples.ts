import type { Finding } from '../../src/verify/tally.ts';

const EXAMPLES_MAX = 10;

/** Counts what is wrong, and keeps the first places. */
export class Examples {
  #count = 0;
  readonly #examples: string[] = [];

  add(place: string): void {
    if (this.#count++ < EXAMPLES_MAX) this.#examples.push(place);
  }

  get summary(): Finding {
    return { count: this.#count, examples: [...this.#examples] };
  }
}
