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

/** The model that answers some of the keys, and when it does so no more. */
export function canaryModel(help: string) {
  const ratio = (value: number) => z.number().min(0).max(1).default(value);
  return z
    .strictObject({
      path: z.string().min(1),
      share: z.number().min(0).max(1),
      max_disagreement: ratio(0.1),
      max_errors: ratio(0.01),
      max_slowdown: z.number().min(1).max(1_000).default(2),
    })
    .optional()
    .register(fieldFacts, {
      kind: 'map',
      help,
      members: {
        ...{ path: 'text', share: 'number' },
        ...{ max_disagreement: 'number', max_errors: 'number', max_slowdown: 'number' },
      },
      allowed:
        '{path, share, max_disagreement, max_errors, max_slowdown}; path: a directory; max_slowdown: 1 to 1000, ' +
        'default 2; the others: 0 to 1; default of max_disagreement 0.1, of max_errors 0.01',
      example: '{path: models/accurate, share: 0.1}',
    });
}
