import { historyColumns } from '../live/live-history.ts';
import { list, number, object, type RouteSchema, type Schema, text, wholeNumber } from './schema-parts.ts';

const numberOrNull: Schema = { type: ['number', 'null'] };

export const historySchema: RouteSchema = {
  summary: 'The last hour: the figures behind the charts of the live page, and its events',
  description:
    'One sample per second, in columns of the same length, oldest first; "at" is in seconds since 1970, times of ' +
    'messages are in milliseconds. null: nothing was measured. Kept in memory: it begins with the process. Only with ' +
    'http.page.',
  tags: ['monitoring'],
  response: {
    200: object({
      keptSeconds: wholeNumber,
      samples: object({
        at: list(number),
        ...Object.fromEntries(historyColumns.map((name) => [name, list(numberOrNull)])),
      }),
      events: list(
        object({
          ...{ at: number, name: text },
          level: { enum: ['info', 'warn', 'bad'] },
          ...{ title: text, detail: text, count: wholeNumber },
        }),
      ),
    }),
  },
};
