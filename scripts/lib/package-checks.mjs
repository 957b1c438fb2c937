/** Counts what `npm run check:package` has tried; each check prints a line. */
export class Checks {
  #passed = 0;
  #failed = 0;
  #left = 0;
  #wanted;

  /** Leaves out the checks whose names do not match `wanted`. */
  constructor(wanted) {
    this.#wanted = wanted;
  }

  /** `act` throws, or rejects, if the check fails. */
  async check(name, act) {
    if (!this.#wanted.test(name)) {
      this.#left++;
      return;
    }
    const startedAt = performance.now();
    let error;
    try {
      await act();
    } catch (reason) {
      error = reason;
    }
    if (error === undefined) this.#passed++;
    else this.#failed++;
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    console.log(`${error === undefined ? '✓' : '✗'} ${name} (${seconds} s)`);
    if (error !== undefined) console.log(error.message ?? error);
  }

  /** Prints the last line. Returns whether all have passed. */
  report() {
    console.log(`${this.#passed} passed, ${this.#failed} failed, ${this.#left} skipped`);
    return this.#failed === 0;
  }
}

export function expect(holds, message) {
  if (!holds) throw new Error(message);
}
