import { z } from 'zod';
import { fieldFacts } from './field.ts';

/** What another model is used for besides the one in `model.path`: its directory, and a share or score. */
export function secondModel<const N extends string>(
  help: string,
  number: N,
  rest: { readonly allowed: string; readonly example: string },
) {
  const share = { [number]: z.number().min(0).max(1) } as Record<N, z.ZodNumber>;
  return z
    .strictObject({ path: z.string().min(1), ...share })
    .optional()
    .register(fieldFacts, {
      kind: 'map',
      help,
      members: { path: 'text', [number]: 'number' },
      ...rest,
    });
}
