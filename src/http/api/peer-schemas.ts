import { list, number, object, type RouteSchema, text, wholeNumber } from './schema-parts.ts';

const orNull = (schema: object) => ({ anyOf: [schema, { type: 'null' }] });
const load = {
  ...{ lag_messages: number, lag_s: number, partitions: wholeNumber, paused_partitions: wholeNumber },
};

const figures = object({
  ...{ instance: orNull(text), name: orNull(text), consumer_group: orNull(text) },
  ...{ state: text, ready: { type: 'boolean' }, problem: orNull(object({ check: text, reason: text })) },
  ...{ version: orNull(text), model: orNull(text), model_version: orNull(text), config: orNull(text) },
  uptime_s: number,
  ...{ throughput_tps: orNull(number), processing_p99_ms: orNull(number), inflight_messages: orNull(number) },
  ...load,
});

const row = object({
  self: { type: 'boolean' },
  url: orNull(text),
  status: { enum: ['ok', 'no_answer', 'asking'] },
  reason: orNull(text),
  age_s: orNull(number),
  figures: orNull(figures),
});

const difference = object({
  what: { enum: ['group', 'version', 'model', 'configuration'] },
  values: list(object({ value: text, processes: list(text) })),
});

export const peerSchemas = {
  peers: {
    summary: 'This process and those in http.peers: state and figures of each, totals, and differences',
    description:
      'Each is asked for /health/details during this call, at most once a second. With "no_answer", "reason" says ' +
      'why, and "figures" are the last ones, "age_s" seconds old. "total" covers the processes of this group that ' +
      'answer; for p99 and the age of the oldest message it has the highest. "config" is equal for equal ' +
      'configurations.',
    tags: ['monitoring'],
    response: {
      200: object({
        addresses: wholeNumber,
        peers: list(row),
        not_asked: wholeNumber,
        total: object({
          processes: wholeNumber,
          ...{ throughput_tps: number, processing_p99_ms: orNull(number), inflight_messages: number },
          ...load,
        }),
        differences: list(difference),
      }),
    },
  },
} as const satisfies Record<string, RouteSchema>;
