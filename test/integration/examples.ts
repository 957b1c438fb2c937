/** What is sent to a service with each configuration in configs/examples/, and what must come out. */
import avro from 'avsc';
import protobuf from 'protobufjs';
import type { TestRecord } from '../helpers/kafka-client.ts';
import { framed, type TestRegistry } from '../helpers/schema-registry.ts';

export interface Example {
  readonly promise: string;
  /** A function: of those behind a schema registry, which it fills. */
  readonly records:
    | readonly ExampleRecord[]
    | ((registry: TestRegistry) => Promise<readonly ExampleRecord[]>);
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

/** `entry`: of `kafka.topics`, whose topic it goes to. */
export type ExampleRecord = TestRecord & { readonly entry?: number };

const GOOD = 'I love this wonderful film';
const BAD = 'I hate this terrible film';
const positive = { label: 'POSITIVE' };
const negative = { label: 'NEGATIVE' };
const json = (value: unknown): TestRecord => ({ value: JSON.stringify(value) });
const row = (op: string, after: unknown): TestRecord => json({ payload: { before: null, after, op } });

const orderSchema = {
  type: 'record',
  name: 'Order',
  fields: [
    { name: 'number', type: 'long' },
    { name: 'placed', type: { type: 'long', logicalType: 'timestamp-micros' } },
    {
      name: 'customer',
      type: { type: 'record', name: 'Customer', fields: [{ name: 'name', type: 'string' }] },
    },
    { name: 'comment', type: ['null', 'string'] },
  ],
};
const chatSchema = `syntax = "proto3";
  import "google/protobuf/timestamp.proto";
message Room { string name = 1; }
message ChatMessage {
  string message_id = 1;
  google.protobuf.Timestamp sent_at = 2;
  string text = 3;
  Room room = 4;
}`;

async function orders(registry: TestRegistry): Promise<TestRecord[]> {
  const id = await registry.register('orders-value', 'AVRO', JSON.stringify(orderSchema));
  const type = avro.Type.forSchema(orderSchema as avro.Schema);
  const order = (number: number, comment: string | null) => ({
    value: framed(
      id,
      type.toBuffer({ number, comment, placed: 1_700_000_000_000_999, customer: { name: 'Ada' } }),
    ),
  });
  return [order(1, GOOD), order(2, BAD), order(3, null), { value: Buffer.from('{"comment":"a"}') }];
}

async function chats(registry: TestRegistry): Promise<TestRecord[]> {
  const id = await registry.register('chats-value', 'PROTOBUF', chatSchema);
  const root = protobuf.parse(chatSchema, new protobuf.Root(), { keepCase: true }).root;
  root.addJSON(protobuf.common.get('google/protobuf/timestamp.proto')?.nested ?? {});
  const type = root.lookupType('ChatMessage');
  const chat = (value: object) => ({
    value: framed(id, Buffer.concat([Buffer.from([2, 2]), type.encode(type.create(value)).finish()])),
  });
  return [
    chat({ message_id: 'm-1', text: GOOD, sent_at: { seconds: 1_700_000_000 }, room: { name: 'blue' } }),
    chat({ message_id: 'm-2', text: BAD }),
    { value: framed(id, Buffer.from([2, 2, 0x1a, 40])) },
  ];
}

/** The first two orders, and the last, which is no Avro, between chats. */
async function ordersAndChats(registry: TestRegistry): Promise<ExampleRecord[]> {
  const [good, bad, , json] = (await orders(registry)).map((order) => ({ ...order, entry: 0 }));
  const chat = (key: string, message: string) => ({
    ...{ key, entry: 1, value: JSON.stringify({ from: 'Ada', message, sent: 1_700_000_000_000 }) },
  });
  return [good, chat('c-1', BAD), bad, json, chat('c-2', GOOD)] as ExampleRecord[];
}

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
    promise:
      'structured and binary events, with their data as JSON or base64; id and time are those of the event',
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
      json({
        ...{
          specversion: '1.0',
          id: 'a-3',
          source: '/chat',
          type: 'message',
          datacontenttype: 'application/json',
        },
        data_base64: Buffer.from(JSON.stringify({ message: `${BAD} é` })).toString('base64'),
      }),
      json({ specversion: '1.0', id: 'a-4', source: '/chat', type: 'message', data_base64: 'no base64' }),
    ],
    results: [
      { members: { ...positive, id: 'a-1', timestamp: '2026-11-29T10:00:00Z' }, headers: [] },
      {
        members: { ...negative, id: 'b "2"', timestamp: '2026-11-29T11:00:00Z' },
        headers: ['ce_source', 'ce_type'],
      },
      { members: { ...negative, id: 'a-3' }, headers: [] },
    ],
    reasons: ['`data_base64` of the event is not base64 of UTF-8.'],
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
  'avro-orders': {
    promise: 'the comment is read by its schema, and the customer goes along',
    records: orders,
    results: [
      { members: { ...positive, id: 1, timestamp: 1_700_000_000_000, customer: { name: 'Ada' } } },
      { members: { ...negative, id: 2 } },
    ],
    reasons: [
      '`text` is not a string. It starts with a Schema Registry frame (schema id 1).',
      'The value has neither the frame of a Schema Registry serializer nor a header with a schema id.',
    ],
  },
  'avro-results': {
    promise: 'JSON comes in, and Avro that the registry knows comes out',
    records: async () => [
      { value: `{"review":7,"body":"${GOOD}","product":{"sku":"a-1","price":1.50}}` },
      json({ review: 'r "8"', body: BAD }),
    ],
    results: [
      { members: { ...positive, id: '7', included: { product: '{"sku":"a-1","price":1.50}' } } },
      { members: { ...negative, id: 'r "8"', included: {}, timestamp: null } },
    ],
  },
  'protobuf-chats': {
    promise: 'the message that the frame names is read by its schema',
    records: chats,
    results: [
      { members: { ...positive, id: 'm-1', timestamp: 1_700_000_000_000, room: 'blue' } },
      { members: { ...negative, id: 'm-2', timestamp: undefined, room: undefined } },
    ],
    reasons: ['The value ends before its schema does. It starts with a Schema Registry frame (schema id 1).'],
  },
  'two-shapes': {
    promise: 'Avro of one topic and JSON of others, which a pattern names, are read in one group',
    records: ordersAndChats,
    results: [
      { members: { ...positive, id: 1, timestamp: 1_700_000_000_000 } },
      { members: { ...negative, id: 2 } },
      { members: { ...negative, id: 'c-1', timestamp: 1_700_000_000_000 } },
      { members: { ...positive, id: 'c-2' } },
    ],
    reasons: [
      'The value has neither the frame of a Schema Registry serializer nor a header with a schema id.',
    ],
  },
};
