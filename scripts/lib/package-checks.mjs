/** Counts what `npm run check:package` and `npm run check:cpus` have tried; each check prints a line. */
export class Checks {
  /** What was tried, with the figures that the checks resolved with. */
  rows = [];
  #passed = 0;
  #failed = 0;
  #left = 0;
  #wanted;

  /** Leaves out the checks whose names do not match `wanted`. */
  constructor(wanted) {
    this.#wanted = wanted;
  }

  wants(name) {
    return this.#wanted.test(name);
  }

  /** `act` throws, or rejects, if the check fails. It may return an object of figures. */
  async check(name, act) {
    if (!this.wants(name)) {
      this.#left++;
      return;
    }
    const startedAt = performance.now();
    let error;
    let figures;
    try {
      figures = await act();
    } catch (reason) {
      error = reason;
    }
    if (error === undefined) this.#passed++;
    else this.#failed++;
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    this.rows.push({ name, passed: error === undefined, seconds: Number(seconds), ...figures });
    console.log(`${error === undefined ? '✓' : '✗'} ${name} (${seconds} s)`);
    if (error !== undefined) console.log(error.message ?? error);
  }

  /** For a check that cannot be made here. */
  skip(name, reason) {
    this.#left++;
    if (!this.wants(name)) return;
    this.rows.push({ name, skipped: reason });
    console.log(`- ${name}: skipped, ${reason}`);
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
