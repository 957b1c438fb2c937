import { lagStatuses } from '../../lag.ts';
import { limits } from '../limits.ts';
import {
  counts,
  list,
  number,
  object,
  type RouteSchema,
  type Schema,
  strictObject,
  text,
  wholeNumber,
} from './schema-parts.ts';

const check = object({ name: text, ok: { type: 'boolean' }, reason: text }, ['reason']);
const health = object({ status: { enum: ['ok', 'unavailable'] }, checks: list(check) });
const partitionLag = object({
  topic: text,
  partition: wholeNumber,
  lagMessages: wholeNumber,
  lagSeconds: number,
  heldBack: wholeNumber,
  holder: { type: ['string', 'null'] },
  status: { enum: lagStatuses },
  paused: { type: 'boolean' },
});
const details = object({
  ...(health['properties'] as object),
  state: text,
  instance: object({ id: text, name: text, pid: wholeNumber }),
  consumerGroup: text,
  uptimeSeconds: number,
  build: { type: 'object', additionalProperties: text },
  configFingerprint: text,
  load: object({
    ...{ throughputTps: number, processingP99Ms: { type: ['number', 'null'] }, inflightMessages: number },
  }),
  partitions: list(partitionLag),
});
const summary = object({ mean: number, p50: number, p95: number, p99: number, max: number });

const numbers = (...names: string[]): Record<string, Schema> =>
  Object.fromEntries(names.map((name) => [name, number]));

/** The names that KubeSentiment users know, then additions. */
const kafkaMetrics = {
  ...object({
    ...numbers('messages_consumed', 'messages_processed', 'messages_failed', 'messages_retried'),
    ...numbers('messages_sent_to_dlq', 'messages_sent_to_retry', 'total_processing_time_ms'),
    ...numbers('avg_processing_time_ms'),
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
    lag: list(object({ topic: text, partition: wholeNumber, messages: wholeNumber, seconds: number })),
  }),
  additionalProperties: true,
};

const explanation = object({
  label: text,
  unit: { enum: ['log_odds', 'value'] },
  start: wholeNumber,
  end: wholeNumber,
  words: list(object({ start: wholeNumber, end: wholeNumber, text, weight: number, score: number })),
});
const finding = {
  limit: text,
  severity: { enum: ['ok', 'slow', 'stuck'] },
  sentence: text,
  remedy: { type: ['string', 'null'] },
};

const why = object({
  ...finding,
  also: list(object(finding)),
  measured: { type: 'object', additionalProperties: { type: ['number', 'null'] } },
});

const prediction = object(
  {
    label: text,
    score: number,
    truncated: { type: 'boolean' },
    windows: wholeNumber,
    stage: wholeNumber,
    labels: list(text),
    scores: { type: 'object' },
    explanation,
  },
  ['windows', 'stage', 'labels', 'scores', 'explanation'],
);

const orNull = (schema: object) => ({ anyOf: [schema, { type: 'null' }] });
const shadow = object({
  model: text,
  model_version: text,
  compared: wholeNumber,
  agreed: wholeNumber,
  differed: wholeNumber,
  skipped: wholeNumber,
  failed: wholeNumber,
  agreement: orNull(number),
  mean_distance: orNull(number),
  differences: list(
    object({
      ...{ topic: text, partition: wholeNumber, offset: wholeNumber },
      ...{ label: text, score: number, shadow_label: text, shadow_score: number, distance: number },
    }),
  ),
});

const canary = object({
  ...{ model: text, model_version: text, share: number },
  state: { enum: ['running', 'returned'] },
  reason: orNull(text),
  ...{ classified: wholeNumber, failed: wholeNumber, slowdown: orNull(number) },
  ...{ compared: wholeNumber, agreed: wholeNumber, differed: wholeNumber, skipped: wholeNumber },
  ...{ agreement: orNull(number), mean_distance: orNull(number) },
  limits: object({ max_disagreement: number, max_errors: number, max_slowdown: number }),
  differences: list(
    object({
      ...{ topic: text, partition: wholeNumber, offset: wholeNumber },
      ...{ label: text, score: number, old_label: text, old_score: number, distance: number },
    }),
  ),
});

const pauseSelection = strictObject({ topic: { ...text, maxLength: 249 }, partition: wholeNumber });
const reloaded = object({
  outcome: { enum: ['reloaded', 'unchanged'] },
  model: text,
  model_version: text,
  previous_version: text,
});
const pausedNow = object({ paused: list(object({ topic: text, partition: wholeNumber })) });

export const schemas = {
  metrics: {
    summary: 'Metrics for Prometheus',
    description: 'In the OpenMetrics format if the Accept header asks for it.',
    tags: ['monitoring'],
    response: { 200: { type: 'string' } },
  },
  livez: {
    summary: 'Liveness: whether the process should be kept running',
    tags: ['health'],
    response: { 200: health, 503: health },
  },
  readyz: {
    summary: 'Readiness: whether the service is consuming',
    tags: ['health'],
    response: { 200: health, 503: health },
  },
  health: {
    summary: 'Liveness and readiness combined',
    tags: ['health'],
    response: { 200: health, 503: health },
  },
  details: {
    summary: 'State, build, health checks, load and the lag of each partition',
    tags: ['health'],
    response: { 200: details },
  },
  kafkaMetrics: {
    summary: 'Counters and latencies as JSON',
    tags: ['monitoring'],
    response: { 200: kafkaMetrics },
  },
  why: {
    summary: 'Why it is slow, or why it is stuck: what limits the service, and what to do about it',
    description:
      'One sentence, what else is worth knowing, and the figures of the last ten seconds behind it.',
    tags: ['monitoring'],
    response: { 200: why },
  },
  events: {
    summary: 'Server-sent events for the live page',
    description:
      '"hello" once; then "sample" every second, "marks" when something has happened, "dead-letters" on change. What ' +
      'was before is at /api/v1/monitoring/history.',
    tags: ['monitoring'],
    response: { 200: { type: 'string' } },
  },
  predict: {
    summary: 'Classifies one text, or a list of texts',
    description:
      'Messages from Kafka come first: predictions only use spare time of the inference threads. explain=true adds ' +
      `what each word contributes to the label, for at most ${limits.explainedTextsMax} texts.`,
    tags: ['prediction'],
    querystring: strictObject({ explain: { enum: ['true', 'false'] } }),
    body: {
      ...strictObject({ text, texts: { type: 'array', items: text, maxItems: limits.textsMax } }),
      oneOf: [{ required: ['text'] }, { required: ['texts'] }],
    },
    response: { 200: { anyOf: [prediction, object({ predictions: list(prediction) })] } },
  },
  pause: {
    summary: 'Takes no more messages: of all partitions, those of a topic, or one',
    description:
      'Requires http.token to be set. What has been taken is committed; the partitions are kept, until a restart.',
    tags: ['consumer'],
    body: pauseSelection,
    response: { 200: pausedNow },
  },
  resume: {
    summary: 'Goes on after a pause',
    description: 'Requires http.token to be set.',
    tags: ['consumer'],
    body: pauseSelection,
    response: { 200: pausedNow },
  },
  reload: {
    summary: 'Takes up a changed model directory, while messages go on',
    description:
      'Requires http.token to be set. Answers when new messages go to the new model, or with 422 and the reason why ' +
      'the old one goes on. "loading": it takes longer, and the log will tell.',
    tags: ['model'],
    response: { 200: reloaded, 202: object({ outcome: { enum: ['loading'] } }) },
  },
  shadow: {
    summary: 'How far the model in model.shadow agrees with the one in use, and the texts that differ most',
    description: 'Texts are named by topic, partition and offset. 503 without model.shadow.',
    tags: ['model'],
    response: { 200: shadow },
  },
  canary: {
    summary: 'How the model in model.canary does: its answers beside those of the model in use, errors, time',
    description: 'Texts are named by topic, partition and offset. 503 without model.canary.',
    tags: ['model'],
    response: { 200: canary },
  },
  promote: {
    summary: 'All keys go to the model in model.canary: it is the model in use',
    description:
      'Requires http.token to be set. Answers as a reload does. Until a restart or another configuration: set ' +
      'model.path to its directory and remove model.canary. 503 without a canary that is running.',
    tags: ['model'],
    response: { 200: reloaded, 202: object({ outcome: { enum: ['loading'] } }) },
  },
  returnCanary: {
    summary: 'All keys go to the model in model.path again',
    description: 'Requires http.token to be set. 503 without a canary that is running.',
    tags: ['model'],
    response: { 200: canary },
  },
  baseline: {
    summary: 'What the model said in the last hour, to be compared with later',
    description: 'The content of a baseline.json. 503 with fewer than 1,000 results.',
    tags: ['model'],
    response: {
      200: object({
        format: wholeNumber,
        model_version: text,
        recorded_at: text,
        results: wholeNumber,
        labels: list(text),
        score_bounds: list(number),
        token_bounds: list(number),
        counts: { type: 'object', additionalProperties: list(number) },
      }),
    },
  },
} as const satisfies Record<string, RouteSchema>;

export const errorSchema = object({ error: object({ code: text, message: text }) });
