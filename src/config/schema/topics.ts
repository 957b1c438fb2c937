import { z } from 'zod';
import { RECORD_KEY } from '../../request-shape.ts';
import { type Field, fieldFacts, group } from './field.ts';
import { request } from './request.ts';

/** A shape has the number of a byte, so there may be 256 at most. */
const ENTRIES_MAX = 64;

type Override = { [K in keyof typeof request]: z.ZodOptional<ReturnType<(typeof request)[K]['unwrap']>> };

/** The keys of `request:` without their defaults: what an entry leaves out is taken from there. */
const override = Object.fromEntries(
  Object.entries(request).map(([key, field]) => {
    const facts = fieldFacts.get(field as Field);
    const inner: Field = (field as z.ZodDefault<Field>).unwrap().optional();
    return [key, facts === undefined ? inner : inner.register(fieldFacts, facts)];
  }),
) as unknown as Override;

/** Request topics with a `request:` of their own. */
export function topicList(help: string, options: { readonly pattern: RegExp; readonly allowed: string }) {
  const entry = group({
    topic: z.string().regex(options.pattern).meta({ description: options.allowed }),
    request: group(override).default({}),
  });
  return z
    .array(entry)
    .min(1)
    .max(ENTRIES_MAX)
    .optional()
    .register(fieldFacts, {
      kind: 'list',
      help,
      allowed:
        `{topic, request}, at most ${ENTRIES_MAX}; topic: ${options.allowed}; ` +
        'request: keys of the section request',
      example: '[{topic: chats, request: {format: json, text: /message}}]',
      literals: [RECORD_KEY],
    });
}
