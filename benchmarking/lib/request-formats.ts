/** The same requests in every format, each with what a JavaScript library needs to read its text. */
import avro from 'avsc';
import protobuf from 'protobufjs';
import type { RequestShape } from '../../src/request-shape.ts';
import type { RegisteredSchema } from '../../src/registry/registered-schema.ts';

export interface RequestFormat {
  readonly request: Partial<RequestShape>;
  /** Of the frame that its values have. */
  readonly schema?: RegisteredSchema;
  readonly write: (request: PlainRequest) => Buffer;
  /** What everybody would do in JavaScript. */
  readonly textOf: (value: Buffer) => string;
}

export interface PlainRequest {
  readonly id: string;
  readonly text: string;
  readonly timestamp: number;
  readonly source: string;
}

interface Deep {
  readonly event: { readonly body: { readonly text: string } };
}

/** Magic byte and schema id of a serializer. */
export const FRAME = Buffer.from([0, 0, 0, 0, 1]);

const avroType = avro.Type.forSchema({
  type: 'record',
  name: 'Request',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'timestamp', type: 'long' },
    { name: 'source', type: ['null', 'string'] },
    { name: 'tags', type: { type: 'array', items: 'string' } },
    { name: 'text', type: 'string' },
  ],
});
const proto = `syntax = "proto3";
message Request { string id = 1; int64 timestamp = 2; string source = 3; repeated string tags = 4; string text = 5; }`;
const protoType = protobuf.parse(proto).root.lookupType('Request');
const jsonSchema = { type: 'object', properties: { text: { type: 'string' } } };
const tags = ['a', 'b'];
const unframed = (value: Buffer): Buffer => value.subarray(FRAME.length);
const framed = (bytes: Uint8Array): Buffer => Buffer.concat([FRAME, bytes]);
const bare = { references: [] } as const;

export const requestFormats: Readonly<Record<string, RequestFormat>> = {
  text: {
    request: { format: 'text' },
    write: ({ text }) => Buffer.from(text),
    textOf: (value) => value.toString(),
  },
  json: {
    request: {},
    write: (request) => Buffer.from(JSON.stringify({ ...request, tags })),
    textOf: (value) => (JSON.parse(value.toString()) as PlainRequest).text,
  },
  json_two_levels_deep: {
    request: { text: ['/event/body/text'], id: '/event/body/id', timestamp: '/event/at' },
    write: ({ id, text, timestamp, source }) =>
      Buffer.from(JSON.stringify({ source, event: { at: timestamp, tags, body: { id, text } } })),
    textOf: (value) => (JSON.parse(value.toString()) as Deep).event.body.text,
  },
  json_schema: {
    request: { format: 'json_schema' },
    schema: { type: 'JSON', text: JSON.stringify(jsonSchema), ...bare },
    write: (request) => framed(Buffer.from(JSON.stringify({ ...request, tags }))),
    textOf: (value) => (JSON.parse(unframed(value).toString()) as PlainRequest).text,
  },
  avro: {
    request: { format: 'avro' },
    schema: { type: 'AVRO', text: JSON.stringify(avroType.schema()), ...bare },
    write: (request) => framed(avroType.toBuffer({ ...request, tags })),
    textOf: (value) => (avroType.fromBuffer(unframed(value)) as PlainRequest).text,
  },
  protobuf: {
    request: { format: 'protobuf' },
    schema: { type: 'PROTOBUF', text: proto, ...bare },
    // One byte more: the first message of the file.
    write: (request) =>
      framed(Buffer.concat([Buffer.of(0), protoType.encode({ ...request, tags }).finish()])),
    textOf: (value) => (protoType.decode(unframed(value).subarray(1)) as unknown as PlainRequest).text,
  },
};
