import type { Config } from './schema.ts';

/**
 * The configuration in use: what a service was started with, and since then the keys that change while it runs. Who
 * uses one of these keys asks for it whenever it is needed, at most once for each batch or transaction.
 */
export class RunningConfig {
  #current: Config;

  constructor(config: Config) {
    this.#current = config;
  }

  get current(): Config {
    return this.#current;
  }

  use(config: Config): void {
    this.#current = config;
  }
}
