/** A model that takes time but no processor: what limits the rate is then never the cores. */
import type { BackendModule, LoadBackend } from '../../src/infer/backend.ts';

interface SleepingOptions {
  readonly usPerRow: number;
}

/** Each row takes `usPerRow` microseconds; every logit is 0. */
export function sleepingBackend(usPerRow: number): BackendModule {
  return { url: import.meta.url, options: { usPerRow } satisfies SleepingOptions };
}

export const load: LoadBackend<SleepingOptions> = async (_model, { usPerRow }) => {
  const never = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  return {
    provider: 'none',
    unavailable: [],
    run: async ({ rows, logits }) => {
      // Blocks the thread, as a model does.
      Atomics.wait(never, 0, 0, (rows * usPerRow) / 1_000);
      logits.fill(0);
    },
  };
};
