/** Values that no honest writer writes, behind a Schema Registry and in envelopes: the right outcome and sentence. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Attached } from '../../../src/decode/attached.ts';
import { Decoder } from '../../../src/decode/decoder.ts';
import { mappingOf } from '../../../src/decode/mapping.ts';
import { compileSchema } from '../../../src/registry/compile-schema.ts';
import { fieldTree } from '../../../src/registry/pointer-tree.ts';
import type { RegisteredSchema } from '../../../src/registry/registered-schema.ts';
import type { RequestShape } from '../../../src/request-shape.ts';
import type { MessageHeader } from '../../../src/types.ts';
import { makeDecoder } from './make-decoder.ts';

type Outcome = readonly [type: string, sentence: string];
type Row = readonly [
  what: string,
  value: readonly number[] | string,
  outcome: Outcome | 'read' | 'wanted',
  headers?: MessageHeader[],
];

const usual: RequestShape = {
  ...{ format: 'json', envelope: 'none', text: ['/text'], id: '/id', timestamp: '', priority: '' },
  strict: false,
};
const result = {
  shape: 'record',
  member: '',
  include: { list: '/list', map: '/map', next: '/next' },
} as const;
const single = { ...result, include: { number: '/list/0', entry: '/map/x/text' } } as const;

const message = (sentence: string): Outcome => ['invalid_message', sentence];
const early = message('The value ends before its schema does.');
const unfit = message('The value does not fit its schema: a number, a length or a branch is out of range.');
const deep = message('The value is nested deeper than `max_json_depth`.');
const noFrame = message(
  'The value has neither the frame of a Schema Registry serializer nor a header with a schema id.',
);
const noType = message(
  'The schema of the value has no message of the type that the frame names, or none in which the fields can be read.',
);
const noText = message('The request has no `text`.');
const deleted = message('The event says that something was deleted; there is no text left to classify.');
const notJson: Outcome = ['invalid_json', 'The value is not valid JSON.'];
const notUtf8 = message('A string of the value is not valid UTF-8.');
const badData = message('`data_base64` of the event is not base64 of UTF-8.');

const FRAME = [0, 0, 0, 0, 1];
/** Schemas that are known: 1 is the one of the table, 2 one that the registry does not have, 3 of another kind. */
const known = { unknown: [0, 0, 0, 0, 2], otherKind: [0, 0, 0, 0, 3] } as const;
const A = [2, 0x61];
const most = [0xfe, ...Array<number>(8).fill(0xff), 1];
const least = [0xff, ...Array<number>(8).fill(0xff), 1];
const times = (count: number, ...bytes: number[]) => Array<number[]>(count).fill(bytes).flat();

const avroSchema: RegisteredSchema = {
  type: 'AVRO',
  references: [],
  text: JSON.stringify({
    type: 'record',
    name: 'R',
    fields: [
      { name: 'text', type: 'string' },
      { name: 'list', type: { type: 'array', items: 'string' } },
      { name: 'map', type: { type: 'map', values: 'int' } },
      { name: 'nulls', type: { type: 'array', items: 'null' } },
      { name: 'next', type: ['null', 'R'] },
    ],
  }),
};
const rest = [0, 0, 0, 0];
const avro: readonly Row[] = [
  ['a request', [...FRAME, ...A, ...rest], 'read'],
  ['a text of a negative size', [...FRAME, 1, ...rest], unfit],
  ['a text of the least size', [...FRAME, ...least, ...rest], unfit],
  ['a text of the largest size', [...FRAME, ...most], early],
  ['a size of eleven bytes', [...FRAME, ...times(10, 0x80), 1], unfit],
  ['a block of 2^62 items', [...FRAME, ...A, ...most, 0, 0, 0], early],
  ['the least block count', [...FRAME, ...A, ...least, 0, 0, 0, 0], unfit],
  ['a sized block of a negative size', [...FRAME, ...A, 1, 1, 2, 0x62, 0, 0, 0, 0], unfit],
  ['a sized block beyond the end', [...FRAME, ...A, 1, 80, 2, 0x62, 0, 0, 0, 0], early],
  ['a map of 2^62 entries', [...FRAME, ...A, 0, ...most, 0, 0], early],
  ['a key of a negative size', [...FRAME, ...A, 0, 2, 1, 0, 0, 0, 0], unfit],
  ['2^62 nulls that nobody wants', [...FRAME, ...A, 0, 0, ...most, 0, 0], 'read'],
  ['a branch that is not there', [...FRAME, ...A, 0, 0, 0, 4], unfit],
  ['a branch before the first', [...FRAME, ...A, 0, 0, 0, 1], unfit],
  ['records in records', [...FRAME, ...times(200, ...A, 0, 0, 0, 2), ...A, ...rest], deep],
  ['cut off in the text', [...FRAME, 8, 0x61], early],
  ['cut off after the text', [...FRAME, ...A], early],
  ['nothing behind the frame', FRAME, early],
  [
    'one byte too many',
    [...FRAME, ...A, ...rest, 0],
    message('The value goes on after the end of its schema.'),
  ],
  ['a text that is not UTF-8', [...FRAME, 2, 0xff, ...rest], notUtf8],
  ['a frame cut off', FRAME.slice(0, 4), noFrame],
  ['another magic byte', [1, 0, 0, 0, 1, ...A, ...rest], noFrame],
  ['JSON', '{"text":"a"}', noFrame],
  ['an id that is being asked for', [0, 0, 0, 0, 9, ...A], 'wanted'],
  [
    'an id that the registry does not know',
    [...known.unknown, ...A],
    message('The Schema Registry does not know the schema id of the value.'),
  ],
  [
    'a schema of another kind',
    [...known.otherKind, ...A],
    message('The schema of the value is not of the kind that `request.format` names.'),
  ],
  ['the id in a header', [...A, ...rest], 'read', [{ __value_schema_id: Buffer.from(FRAME) }]],
  ['a header that is cut off', [...A, ...rest], noFrame, [{ __value_schema_id: Buffer.from([0, 0, 1]) }]],
  ['a header without bytes', [...A, ...rest], noFrame, [{ __value_schema_id: Buffer.alloc(0) }]],
  [
    'a header of another magic byte',
    [...A, ...rest],
    noFrame,
    [{ __value_schema_id: Buffer.from([2, 0, 0, 0, 1]) }],
  ],
  ['a GUID that is cut off', [...A, ...rest], noFrame, [{ __value_schema_id: Buffer.alloc(16, 1) }]],
];

const protobufSchema: RegisteredSchema = {
  type: 'PROTOBUF',
  references: [],
  text: `syntax = "proto3"; message R { string text = 2;
    repeated int32 list = 3; map<string, R> map = 4; R next = 5; }`,
};
const nested = (levels: number): number[] => {
  let bytes: number[] = [];
  for (let i = 0; i < levels; i++) {
    const size = bytes.length < 128 ? [bytes.length] : [(bytes.length & 127) | 128, bytes.length >> 7];
    bytes = [0x2a, ...size, ...bytes];
  }
  return bytes;
};
const protobuf: readonly Row[] = [
  ['a request', [...FRAME, 0, 0x12, 1, 0x61], 'read'],
  ['no field at all', [...FRAME, 0], 'read'],
  ['nothing behind the frame', FRAME, 'read'],
  ['a length beyond the end', [...FRAME, 0, 0x12, 9, 0x61], early],
  ['the largest length', [...FRAME, 0, 0x12, ...times(9, 0xff), 1], early],
  ['a length of eleven bytes', [...FRAME, 0, 0x12, ...times(10, 0xff), 1], unfit],
  ['a tag cut off', [...FRAME, 0, 0x80], early],
  ['a tag beyond 32 bits', [...FRAME, 0, ...times(5, 0xff), 1], unfit],
  ['field 0', [...FRAME, 0, 0x02, 0], unfit],
  ['a wire type that does not exist', [...FRAME, 0, 0x16], unfit],
  ['the end of no group', [...FRAME, 0, 0x14], unfit],
  ['a group without an end', [...FRAME, 0, 0xa3, 6, 8, 1], early],
  ['a group that is passed over', [...FRAME, 0, 0xa3, 6, 0x0b, 0x0c, 0xa4, 6], 'read'],
  ['groups without end', [...FRAME, 0, ...times(2_000, 0xa3, 6)], deep],
  ['messages in messages', [...FRAME, 0, ...nested(70)], 'read'],
  ['a packed list cut in a number', [...FRAME, 0, 0x1a, 1, 0x80], early],
  ['an entry of a map cut off', [...FRAME, 0, 0x22, 2, 0x0a, 9], early],
  ['a text that is not UTF-8', [...FRAME, 0, 0x12, 1, 0xff], notUtf8],
  ['a message that is not in the file', [...FRAME, 2, 8], noType],
  ['a negative number of indexes', [...FRAME, 1], noType],
  ['2^62 indexes', [...FRAME, ...most], noType],
  ['indexes cut off', [...FRAME, 6, 0], early],
  ['another magic byte', [8, 0, 0, 0, 1, 0], noFrame],
  ['an id that is being asked for', [0, 0, 0, 0, 9, 0], 'wanted'],
];

const jsonSchema: RegisteredSchema = { type: 'JSON', references: [], text: '{"type":"object"}' };
const bytesOf = (text: string): number[] => [...Buffer.from(text)];
const jsonFrames: readonly Row[] = [
  ['a request', [...FRAME, ...bytesOf('{"text":"a"}')], 'read'],
  ['nothing behind the frame', FRAME, notJson],
  ['JSON that is cut off', [...FRAME, ...bytesOf('{"text":"a')], notJson],
  ['a frame behind the frame', [...FRAME, ...FRAME, ...bytesOf('{"text":"a"}')], notJson],
  ['no frame', '{"text":"a"}', noFrame],
  ['a frame cut off', [0, 0, 0], noFrame],
  ['an id that is being asked for', [0, 0, 0, 0, 9, ...bytesOf('{"text":"a"}')], 'wanted'],
  ['brackets without end', [...FRAME, ...times(2_000, 0x5b)], ['invalid_json', deep[1]]],
];

const base64 = (text: string | Buffer): string => Buffer.from(text).toString('base64');
const event = (members: string): string =>
  `{"specversion":"1.0","id":"1","source":"s","type":"t",${members}}`;
const quoted = (text: string): string => JSON.stringify(text);
const brackets = '['.repeat(2_000);

const connect: readonly Row[] = [
  ['a request', '{"schema":{},"payload":{"text":"a"}}', 'read'],
  ['a payload that is null', '{"schema":{},"payload":null}', deleted],
  ['no payload', '{"schema":{}}', noText],
  ['a payload twice, the last one null', '{"payload":{"text":"a"},"payload":null}', deleted],
  ['a payload twice, the first one null', '{"payload":null,"payload":{"text":"a"}}', 'read'],
  ['a document in a string', `{"payload":${quoted('{"text":"a"}')}}`, 'read'],
  ['a document in a string, cut off', `{"payload":${quoted('{"text":"a')}}`, notJson],
  ['brackets in a string', `{"payload":${quoted(brackets)}}`, ['invalid_json', deep[1]]],
  ['a string in a string in a string', `{"payload":${quoted(quoted(quoted('{"text":"a"}')))}}`, noText],
];
const debezium: readonly Row[] = [
  ['a request', '{"after":{"text":"a"},"op":"c"}', 'read'],
  ['a delete', '{"before":{"text":"a"},"after":null,"op":"d"}', deleted],
  ['a delete that has an after', '{"after":{"text":"a"},"op":"d"}', deleted],
  ['an operation that is written with escapes', '{"after":{"text":"a"},"op":"\\u0064"}', deleted],
  ['no after', '{"op":"c"}', noText],
  ['an after that is a list', '{"after":[{"text":"a"}],"op":"u"}', noText],
  ['an after twice, the last one null', '{"after":{"text":"a"},"after":null,"op":"u"}', noText],
  ['a change in a change', '{"after":{"after":{"text":"a"}},"op":"u"}', noText],
];
const cloudevents: readonly Row[] = [
  ['a request', event('"data":{"text":"a"}'), 'read'],
  ['no data', event('"subject":"x"'), noText],
  ['data as base64', event(`"data_base64":"${base64('{"text":"a"}')}"`), 'read'],
  [
    'base64 with escapes',
    event(`"data_base64":"${base64('{"text":"???>>>"}').replaceAll('/', '\\/')}"`),
    'read',
  ],
  ['base64 of a text', event(`"data_base64":"${base64('a')}"`), noText],
  ['base64 of nothing', event('"data_base64":""'), noText],
  ['base64 that is none', event('"data_base64":"a text"'), badData],
  ['base64 without its padding', event('"data_base64":"YQ"'), badData],
  ['base64 with padding in the middle', event('"data_base64":"YQ==YQ=="'), badData],
  ['base64 of bytes', event(`"data_base64":"${base64(Buffer.from([0xff, 0xfe]))}"`), badData],
  ['base64 of JSON that is cut off', event(`"data_base64":"${base64('{"text":"a')}"`), notJson],
  ['base64 of brackets', event(`"data_base64":"${base64(brackets)}"`), ['invalid_json', deep[1]]],
  ['a number as base64', event('"data_base64":5'), noText],
  ['both, the last one counts', event(`"data":{"text":5},"data_base64":"${base64('{"text":"a"}')}"`), 'read'],
  [
    'a secret in base64',
    event(`"data_base64":"${base64('{"text":"a","encryption_version":"v1"}')}"`),
    ['decrypt_failed', 'The encrypted `text` is not a JWE in compact form with dir, A256GCM and a key id.'],
  ],
];

const tables = {
  avro: { request: { format: 'avro' }, schema: avroSchema, rows: avro },
  protobuf: { request: { format: 'protobuf' }, schema: protobufSchema, rows: protobuf },
  json_schema: { request: { format: 'json_schema' }, schema: jsonSchema, rows: jsonFrames },
  connect: { request: { envelope: 'connect' }, schema: undefined, rows: connect },
  debezium: { request: { envelope: 'debezium' }, schema: undefined, rows: debezium },
  cloudevents: { request: { envelope: 'cloudevents' }, schema: undefined, rows: cloudevents },
} as const;

async function decoderOf(own: Partial<RequestShape>, schema: RegisteredSchema | undefined) {
  const request = { ...usual, ...own };
  const shape = request.format === 'protobuf' ? single : result;
  const made = makeDecoder({ mapping: mappingOf(request, shape) });
  if (schema === undefined) return { ...made, request };
  const { schemaStatus } = Decoder;
  const port = made.decoder.schemas();
  const set = async (id: readonly number[], from: RegisteredSchema) => {
    const program = await compileSchema(from, request.format, fieldTree(request, shape), schemaStatus);
    port.setSchema(Buffer.from(id), program.format, program.refusal, program.code, program.strings);
  };
  await set(FRAME, schema);
  await set(known.otherKind, schema === jsonSchema ? avroSchema : jsonSchema);
  port.setSchema(Buffer.from(known.unknown), 3, schemaStatus.unknown, new Int32Array(), []);
  return { ...made, request };
}

for (const [name, { request: own, schema, rows }] of Object.entries(tables)) {
  test(`${name}: each hostile value costs only itself, and says why`, async () => {
    const { decoder, table, request } = await decoderOf(own, schema);
    const [, good] = rows[0] as Row;
    const attached = Attached.of(request);
    for (const [what, value, outcome, headers = []] of rows) {
      const values = [good, value, good].map((each) => Buffer.from(each as string));
      for (const [i, each] of values.entries())
        attached?.set(i, {
          ...{ topic: '', partition: 0, offset: i, key: null },
          value: each,
          size: 0,
          headers: i === 1 ? headers : [],
        });
      decoder.decode(values, Int32Array.of(0, 1, 2), 3, attached?.parts);
      const [before, status, after] = table.status as unknown as [number, number, number];
      assert.deepEqual([before, after], [0, 0], what);
      if (outcome === 'read' || outcome === 'wanted') {
        assert.equal(status, outcome === 'read' ? 0 : Decoder.schemaStatus.wanted, what);
        continue;
      }
      const { errorType, message: sentence } = Decoder.describe(status);
      assert.deepEqual([errorType, sentence], outcome, what);
    }
  });
}
