/** A model that fails every batch. */
import type { BackendModule, LoadBackend } from '../../src/infer/backend.ts';

export const failingBackend: BackendModule = { url: import.meta.url };

export const load: LoadBackend<undefined> = async () => ({
  provider: 'failing',
  unavailable: [],
  run: async () => {
    throw new Error('It always fails.');
  },
});
