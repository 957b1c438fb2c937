import { errorTypes } from '../../types.ts';
import { limits } from '../limits.ts';

/** A JSON Schema. */
export type Schema = Readonly<Record<string, unknown>>;

/** What is said of a route in the OpenAPI document; `body`, `params` and `querystring` are also enforced. */
export interface RouteSchema {
  readonly summary?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly body?: Schema;
  readonly params?: Schema;
  readonly querystring?: Schema;
  readonly response?: Readonly<Record<number, Schema>>;
  readonly hide?: boolean;
}

/** Not part of the interface. */
export const hidden: RouteSchema = { hide: true };

const text = { type: 'string' };
const number = { type: 'number' };
const whole = { type: 'integer', minimum: 0 };
/** Query and path are text. */
const wholeText = { type: 'string', pattern: '^\\d{1,15}$' };

function object(properties: Record<string, unknown>, optional: readonly string[] = []): Schema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', properties, required };
}

function closed(properties: Record<string, unknown>, required: readonly string[] = []): Schema {
  return { type: 'object', additionalProperties: false, properties, required };
}

function list(items: Schema): Schema {
  return { type: 'array', items };
}

const counts = { type: 'object', additionalProperties: whole };
const check = object({ name: text, ok: { type: 'boolean' }, reason: text }, ['reason']);
const health = object({ status: { enum: ['ok', 'unavailable'] }, checks: list(check) });
const partitionLag = object({
  topic: text,
  partition: whole,
  lagMessages: whole,
  lagSeconds: number,
  status: { enum: ['ok', 'behind', 'stalled'] },
});
const details = object({
  ...(health['properties'] as object),
  state: text,
  uptimeSeconds: number,
  build: { type: 'object', additionalProperties: text },
  partitions: list(partitionLag),
});
const summary = object({ mean: number, p50: number, p95: number, p99: number, max: number });

const numbers = (...names: string[]): Record<string, Schema> =>
  Object.fromEntries(names.map((name) => [name, number]));

/** Names as users of KubeSentiment know them, then what was added. */
const kafkaMetrics = {
  ...object({
    ...numbers('messages_consumed', 'messages_processed', 'messages_failed', 'messages_retried'),
    ...numbers('messages_sent_to_dlq', 'total_processing_time_ms', 'avg_processing_time_ms'),
    ...numbers('throughput_tps', 'consumer_group_lag', 'consumer_threads', 'pending_batches'),
    ...numbers('batch_queue_size', 'buffered_batches', 'pending_messages', 'messages_duplicate'),
    ...numbers('rebalances', 'transactions_committed', 'transactions_aborted', 'inflight_bytes'),
    ...numbers('inference_threads', 'batches', 'avg_batch_rows', 'padding_ratio'),
    running: { type: 'boolean' },
    state: text,
    failed_by_type: counts,
    processing_ms: summary,
    end_to_end_ms: summary,
    transaction_ms: summary,
    lag: list(object({ topic: text, partition: whole, messages: whole, seconds: number })),
  }),
  additionalProperties: true,
};

const prediction = object(
  { label: text, score: number, truncated: { type: 'boolean' }, scores: { type: 'object' } },
  ['scores'],
);

const reason = { enum: [...errorTypes] };
const letter = object(
  {
    partition: whole,
    offset: whole,
    timestamp: number,
    bytes: whole,
    reason,
    sentence: text,
    stage: text,
    attempts: whole,
    firstFailedAt: text,
    replays: whole,
    origin: object({ topic: text, partition: whole, offset: whole }),
  },
  ['reason', 'origin'],
);
const repeatable = (item: Schema): Schema => ({
  anyOf: [item, { type: 'array', items: item, maxItems: 100 }],
});
const time = { ...text, maxLength: 40, description: '15m, 2h, 7d ago, or a date such as 2026-01-31T12:00Z' };
const filterQuery = {
  reason: repeatable(reason),
  partition: repeatable(wholeText),
  since: time,
  until: time,
};
const left = object({ alreadyReplayed: whole, loops: whole, foreign: whole, otherTopic: whole });
const place = object({ partition: whole, offset: whole, reason, replays: whole }, ['reason']);

export const schemas = {
  metrics: {
    summary: 'Metrics for Prometheus',
    description: 'OpenMetrics when the Accept header asks for it.',
    tags: ['monitoring'],
    response: { 200: { type: 'string' } },
  },
  livez: {
    summary: 'Whether the process is worth keeping',
    tags: ['health'],
    response: { 200: health, 503: health },
  },
  readyz: { summary: 'Whether it does its work', tags: ['health'], response: { 200: health, 503: health } },
  health: { summary: 'Both in one', tags: ['health'], response: { 200: health, 503: health } },
  details: { summary: 'What runs, and how far behind it is', tags: ['health'], response: { 200: details } },
  kafkaMetrics: {
    summary: 'Counters and times as JSON',
    tags: ['monitoring'],
    response: { 200: kafkaMetrics },
  },
  events: {
    summary: 'What the live page follows: server-sent events',
    description:
      'Once "hello" with the last five minutes, then "sample" every second and "dead-letters" when there are new ones.',
    tags: ['monitoring'],
    response: { 200: { type: 'string' } },
  },
  predict: {
    summary: 'Label and score of a text, or of each of a list',
    description: 'Takes only what the messages of Kafka leave over of the inference threads.',
    tags: ['prediction'],
    body: {
      ...closed({ text, texts: { type: 'array', items: text, maxItems: limits.textsMax } }),
      oneOf: [{ required: ['text'] }, { required: ['texts'] }],
    },
    response: { 200: { anyOf: [prediction, object({ predictions: list(prediction) })] } },
  },
  dlqList: {
    summary: 'Dead letters: where, when and why; never their text',
    tags: ['dead letters'],
    querystring: closed({ ...filterQuery, limit: wholeText }),
    response: { 200: object({ letters: list(letter), more: { type: 'boolean' } }) },
  },
  dlqStats: {
    summary: 'How many, by reason, stage, partition and number of replays',
    tags: ['dead letters'],
    querystring: closed(filterQuery),
    response: {
      200: object({
        total: whole,
        foreign: whole,
        bytes: whole,
        byReason: counts,
        byStage: counts,
        more: { type: 'boolean' },
      }),
    },
  },
  dlqFind: {
    summary: 'All that is known about one dead letter, its text aside',
    tags: ['dead letters'],
    params: closed({ partition: wholeText, offset: wholeText }),
    response: { 200: letter },
  },
  dlqReplay: {
    summary: 'Sends dead letters to the topic they came from, each once',
    description: 'Needs http.token to be set. When "stopped" is true there may be more: ask again to go on.',
    tags: ['dead letters'],
    body: closed({
      dryRun: { type: 'boolean', default: false },
      reasons: { type: 'array', items: reason, maxItems: errorTypes.length },
      partitions: { type: 'array', items: whole, maxItems: 10_000 },
      since: time,
      until: time,
      rate: { type: 'integer', minimum: 1, maximum: 1_000_000 },
      limit: { type: 'integer', minimum: 1, maximum: limits.lettersReplayedMax, default: 500 },
      maxReplays: { type: 'integer', minimum: 1, maximum: 1_000, default: 3 },
    }),
    response: {
      200: object({
        dryRun: { type: 'boolean' },
        replayed: whole,
        byReason: counts,
        skipped: left,
        refused: list(place),
        stopped: { type: 'boolean' },
      }),
    },
  },
} as const satisfies Record<string, RouteSchema>;

export const errorSchema = object({ error: object({ code: text, message: text }) });
