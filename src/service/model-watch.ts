import type { RunningConfig } from '../config/running.ts';
import { KubesentimentError } from '../errors.ts';
import type { ModelControl } from '../http/service-view.ts';
import { stampOfModels } from '../predict/cascade-models.ts';

const LOOK_MS = 2_000;

/**
 * Reloads the model when its directory has changed and two looks, one after the other, find the same. It goes by the
 * path, so a link that leads elsewhere, such as that of a Kubernetes volume, is noticed too.
 */
export class ModelWatch {
  readonly #running: RunningConfig;
  readonly #control: ModelControl;
  readonly #lookMs: number;
  #timer: NodeJS.Timeout | undefined;
  /** As it was taken up, or refused. */
  #known: Promise<string>;
  #lastSeen = '';
  #looking: Promise<void> | undefined;

  /** Create it right after the model was read. */
  constructor(running: RunningConfig, control: ModelControl, lookMs = LOOK_MS) {
    this.#running = running;
    this.#control = control;
    this.#lookMs = lookMs;
    this.#known = this.#stamp();
  }

  begin(): void {
    this.#timer = setInterval(() => this.#lookOnce(), this.#lookMs);
    this.#timer.unref();
  }

  /** Resolves when a reload that it has asked for is over. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  #stamp(): Promise<string> {
    return stampOfModels(this.#running.current);
  }

  #lookOnce(): void {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
  }

  async #look(): Promise<void> {
    const seen = await this.#stamp();
    const isAtRest = seen === this.#lastSeen;
    this.#lastSeen = seen;
    if (seen === (await this.#known) || !isAtRest || seen === '') return;
    try {
      await this.#control.reload();
    } catch (error) {
      // The reason is logged. Only what does not lie in the files can be different at the next look.
      if (error instanceof KubesentimentError && error.code === 'KS_STATE') return;
    }
    this.#known = Promise.resolve(seen);
  }
}
