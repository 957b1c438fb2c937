import { errorTypes } from '../../types.ts';
import { limits } from '../limits.ts';
import {
  counts,
  list as listOf,
  number,
  object,
  type RouteSchema,
  type Schema,
  strictObject,
  text,
  wholeNumber,
  wholeNumberText,
} from './schema-parts.ts';

const reason = { enum: [...errorTypes] };
const letter = object(
  {
    partition: wholeNumber,
    offset: wholeNumber,
    timestamp: number,
    bytes: wholeNumber,
    reason,
    sentence: text,
    stage: text,
    attempts: wholeNumber,
    firstFailedAt: text,
    replays: wholeNumber,
    isReplayed: { type: 'boolean' },
    origin: object({ topic: text, partition: wholeNumber, offset: wholeNumber }),
  },
  ['reason', 'origin'],
);
const repeatable = (item: Schema): Schema => ({
  anyOf: [item, { type: 'array', items: item, maxItems: 100 }],
});
const time = {
  ...text,
  maxLength: 40,
  description: 'An age such as 15m, 2h or 7d, or a date such as 2026-01-31T12:00Z',
};
const filterQuery = {
  reason: repeatable(reason),
  partition: repeatable(wholeNumberText),
  since: time,
  until: time,
};
const skipped = object({
  alreadyReplayed: wholeNumber,
  loops: wholeNumber,
  foreign: wholeNumber,
  otherTopic: wholeNumber,
  withoutValue: wholeNumber,
});
const refused = object(
  {
    partition: wholeNumber,
    offset: wholeNumber,
    reason,
    replays: wholeNumber,
    isValueOmitted: { type: 'boolean' },
  },
  ['reason'],
);

const shownBytes = {
  encoding: { enum: ['text', 'hex', 'none'] },
  content: text,
  bytes: wholeNumber,
  isCut: { type: 'boolean' },
};
const place = strictObject({ partition: wholeNumber, offset: wholeNumber }, ['partition', 'offset']);

export const dlqSchemas = {
  overview: {
    summary: 'The newest dead letters, how many there are by reason and partition, and a histogram over time',
    description:
      '"since" and "until" are dates: a replay with both has the same selection, however late it is. ' +
      '"isCut": there are more than are read for one request, and the counts are too low.',
    tags: ['dead letters'],
    querystring: strictObject({ ...filterQuery, replayed: { enum: ['yes', 'no'] }, limit: wholeNumberText }),
    response: {
      200: object(
        {
          since: text,
          until: text,
          hasToken: { type: 'boolean' },
          letters: listOf(letter),
          total: wholeNumber,
          replayed: wholeNumber,
          byReason: counts,
          byPartition: counts,
          histogram: object({ start: number, stepMs: wholeNumber, counts: listOf(wholeNumber) }, ['start']),
          isCut: { type: 'boolean' },
        },
        ['since'],
      ),
    },
  },
  headers: {
    summary: 'The headers of a dead letter, as its producer and the service wrote them',
    description: 'Requires http.token to be set. Every call is in the audit log.',
    tags: ['dead letters'],
    body: place,
    response: {
      200: object({ headers: listOf(object({ name: text, ...shownBytes })), more: { type: 'boolean' } }),
    },
  },
  value: {
    summary: 'Key and value of a dead letter, which may be personal data',
    description: 'Requires http.token to be set. Every call is in the audit log. Long values are cut.',
    tags: ['dead letters'],
    body: place,
    response: { 200: object({ key: object(shownBytes), value: object(shownBytes) }) },
  },
  list: {
    summary: 'Lists dead letters: where, when and why, without their text',
    tags: ['dead letters'],
    querystring: strictObject({ ...filterQuery, limit: wholeNumberText }),
    response: { 200: object({ letters: listOf(letter), more: { type: 'boolean' } }) },
  },
  stats: {
    summary: 'Counts dead letters by reason, stage, partition and number of replays',
    tags: ['dead letters'],
    querystring: strictObject(filterQuery),
    response: {
      200: object({
        total: wholeNumber,
        foreign: wholeNumber,
        bytes: wholeNumber,
        byReason: counts,
        byStage: counts,
        more: { type: 'boolean' },
      }),
    },
  },
  find: {
    summary: 'One dead letter, without its text',
    tags: ['dead letters'],
    params: strictObject({ partition: wholeNumberText, offset: wholeNumberText }),
    response: { 200: letter },
  },
  replay: {
    summary: 'Sends dead letters back to the topic they came from, each of them once',
    description:
      'Requires http.token to be set. If "stopped" is true there may be more: repeat the request to continue.',
    tags: ['dead letters'],
    body: strictObject({
      dryRun: { type: 'boolean', default: false },
      reasons: { type: 'array', items: reason, maxItems: errorTypes.length },
      partitions: { type: 'array', items: wholeNumber, maxItems: 10_000 },
      since: time,
      until: time,
      rate: { type: 'integer', minimum: 1, maximum: 1_000_000 },
      limit: { type: 'integer', minimum: 1, maximum: limits.lettersReplayedMax, default: 500 },
      maxReplays: { type: 'integer', minimum: 1, maximum: 1_000, default: 3 },
    }),
    response: {
      200: object({
        dryRun: { type: 'boolean' },
        replayed: wholeNumber,
        byReason: counts,
        skipped,
        refused: listOf(refused),
        stopped: { type: 'boolean' },
      }),
    },
  },
} as const satisfies Record<string, RouteSchema>;
