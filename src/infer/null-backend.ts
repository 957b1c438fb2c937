import type { LoadBackend } from './backend.ts';

/** No model (`model.path: null`): every logit is 0. */
export const load: LoadBackend = async () => ({
  provider: 'none',
  unavailable: [],
  run: async ({ logits }) => {
    logits.fill(0);
  },
});
