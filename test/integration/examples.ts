/** What is sent to a service with each configuration in configs/examples/, and what must come out. */
import type { TestRecord } from '../helpers/kafka-client.ts';

export interface Example {
  readonly promise: string;
  readonly records: readonly TestRecord[];
  readonly results: readonly {
    readonly members: Readonly<Record<string, unknown>>;
    /** Parts of the JSON, as they stand in the request. */
    readonly bytes?: readonly string[];
    /** Names of the headers that the request brought along. */
    readonly headers?: readonly string[];
    readonly timestamp?: number;
    /** The label whose route it takes. */
    readonly route?: string;
  }[];
  /** Of the dead letters. */
  readonly reasons?: readonly string[];
}

const GOOD = 'I love this wonderful film';
const BAD = 'I hate this terrible film';
const positive = { label: 'POSITIVE' };
const negative = { label: 'NEGATIVE' };
const json = (value: unknown): TestRecord => ({ value: JSON.stringify(value) });
const row = (op: string, after: unknown): TestRecord => json({ payload: { before: null, after, op } });

export const examples: Readonly<Record<string, Example>> = {
  tweets: {
    promise: 'the text and the quoted one are read together, the author goes with the label',
    records: [
      json({ data: { id: '15', text: GOOD, author: { name: 'ada', 'fol~lowers/': 1.0 } } }),
      {
        value:
          '{"data":{"id":16,"text":"A quote.","created_at":"2026-11-29"},' +
          `"includes":{"tweets":[{"text":"${BAD}"}]}}`,
      },
      { value: `{"data":{"text":"${BAD}"},"data":{"text":"${GOOD}","author":{"n": 1.50, "a":"\\u00e9"}}}` },
    ],
    results: [
      { members: { ...positive, id: '15', author: { name: 'ada', 'fol~lowers/': 1 } } },
      { members: { ...negative, id: 16, timestamp: '2026-11-29', author: undefined } },
      { members: positive, bytes: ['"author":{"n": 1.50, "a":"\\u00e9"}'] },
    ],
  },
  'connect-tickets': {
    promise: 'the payload is read, in spite of its schema',
    records: [
      json({
        schema: { type: 'struct', fields: [{ field: 'subject', type: 'string' }] },
        payload: {
          ticket_id: 7,
          subject: 'The film',
          description: BAD,
          urgency: 'high',
          created_at: 1_700_000_000_000,
        },
      }),
      json({ schema: { type: 'struct' }, payload: { ticket_id: 8, subject: GOOD, description: null } }),
      json({ schema: { type: 'struct', optional: true }, payload: null }),
      json({ schema: null, payload: { ticket_id: 9 } }),
    ],
    results: [
      { members: { ...negative, id: 7, timestamp: 1_700_000_000_000 } },
      { members: { ...positive, id: 8 } },
    ],
    reasons: ['The request has no `text`.'],
  },
  'debezium-reviews': {
    promise: 'new and changed rows are classified, deletes and tombstones passed over',
    records: [
      row('c', { review_id: 1, body: BAD, stars: 1 }),
      row('d', null),
      { value: null, key: 'k' },
      {
        value: `{"before":{"body":"${BAD}"},"after":{"review_id":2,"body":"${GOOD}","stars":4.50},"op":"u"}`,
        headers: [{ a: 'b' }],
      },
      row('r', { review_id: 3, body: 5 }),
    ],
    results: [
      { members: { ...negative, id: 1, stars: 1 }, headers: [] },
      { members: { ...positive, id: 2 }, bytes: ['"stars":4.50'], headers: [] },
    ],
    reasons: ['`text` is not a string.'],
  },
  cloudevents: {
    promise: 'structured and binary events; id and time are those of the event',
    records: [
      json({
        ...{ specversion: '1.0', id: 'a-1', source: '/chat', type: 'message', time: '2026-11-29T10:00:00Z' },
        data: { message: GOOD, id: 'inner' },
      }),
      {
        value: JSON.stringify({ message: BAD, id: 'inner', data: { message: GOOD } }),
        headers: [
          { ce_specversion: '1.0' },
          { ce_id: 'b "2"' },
          { ce_source: '/chat' },
          { ce_type: 'message' },
          { ce_time: '2026-11-29T11:00:00Z' },
        ],
      },
    ],
    results: [
      { members: { ...positive, id: 'a-1', timestamp: '2026-11-29T10:00:00Z' }, headers: [] },
      {
        members: { ...negative, id: 'b "2"', timestamp: '2026-11-29T11:00:00Z' },
        headers: ['ce_source', 'ce_type'],
      },
    ],
  },
  'plain-lines': {
    promise: 'each value is a text, its key the id',
    records: [
      { value: GOOD, key: 'line "1"' },
      { value: `{"text":"${BAD}"}`, key: null },
      { value: Buffer.from([0x67, 0xff]), key: 'x' },
    ],
    results: [{ members: { ...positive, id: 'line "1"' } }, { members: negative }],
    reasons: ['The value is not valid UTF-8, so it is no text.'],
  },
  'string-in-json': {
    promise: 'a JSON object inside a string is read',
    records: [
      json({ schema: { type: 'string' }, payload: JSON.stringify({ MessageId: 'm-1', Body: `“${GOOD}”` }) }),
      json({ schema: { type: 'string' }, payload: 'no JSON' }),
      json({ schema: { type: 'string' }, payload: '{"Body":"cut off' }),
    ],
    results: [{ members: { ...positive, id: 'm-1' } }],
    reasons: ['The request has no `text`.', 'The value is not valid JSON.'],
  },
  'enrich-in-place': {
    promise: 'the request comes out byte for byte, with the result as one more member and under its own time',
    records: [
      {
        value: `{"order": 7.0, "comment": "${GOOD}\\u0021" , "price": 1e2 }\n`,
        timestamp: 1_700_000_000_000,
      },
      { value: `\ufeff{"comment":"${BAD} \\ud83d"}`, timestamp: 1_700_000_000_001 },
    ],
    results: [
      {
        members: { order: 7 },
        bytes: [
          `{"order": 7.0, "comment": "${GOOD}\\u0021" , "price": 1e2 ,"sentiment":{"id":7.0,"label":"POSITIVE"`,
        ],
        timestamp: 1_700_000_000_000,
      },
      {
        members: {},
        bytes: [`{"comment":"${BAD} \\ud83d","sentiment":{"id":"`],
        timestamp: 1_700_000_000_001,
      },
    ],
  },
  'alert-negatives': {
    promise: 'negative results go to a topic of their own, uncertain and positive ones do not',
    records: [
      json({ ticket: 1, text: GOOD }),
      json({ ticket: 2, text: BAD }),
      json({ ticket: 3, text: '' }),
      json({ ticket: 4 }),
    ],
    results: [
      { members: { ...negative, id: 2 }, route: 'NEGATIVE' },
      { members: { ...positive, id: 1 } },
      { members: { label: 'UNCERTAIN', id: 3 } },
    ],
    reasons: ['The request has no `text`.'],
  },
};
