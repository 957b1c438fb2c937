import type { SchemaFormat } from '../request-shape.ts';
import type { RegisteredSchema } from './registered-schema.ts';

/**
 * The schemas of our results: one for each format, whatever the configuration says, so that a change of it is never a
 * change of a schema. What may be missing has a default. A field that is added needs a default in Avro, and in Protobuf
 * a number of its own; native/avro_results.cc writes fields in this order, native/protobuf_results.cc by these numbers.
 */
const source = {
  type: 'record',
  name: 'Source',
  doc: 'The request.',
  fields: [
    { name: 'topic', type: 'string' },
    { name: 'partition', type: 'int' },
    { name: 'offset', type: 'long' },
  ],
};

const avro = {
  type: 'record',
  name: 'Result',
  namespace: 'kubesentiment',
  fields: [
    { name: 'id', type: 'string', doc: 'Of the request; a number as its digits.' },
    { name: 'label', type: 'string' },
    { name: 'score', type: 'double' },
    {
      name: 'labels',
      type: ['null', { type: 'array', items: 'string' }],
      default: null,
      doc: 'All labels above the threshold, if a text can have several.',
    },
    {
      name: 'scores',
      type: ['null', { type: 'map', values: 'double' }],
      default: null,
      doc: 'Of each label, where they are wanted.',
    },
    { name: 'model', type: 'string' },
    { name: 'model_version', type: 'string' },
    { name: 'truncated', type: 'boolean' },
    { name: 'attempts', type: 'int' },
    { name: 'source', type: source },
    {
      name: 'timestamp',
      type: ['null', 'string'],
      default: null,
      doc: 'Of the request, as it stands there; a number as its digits.',
    },
    { name: 'processed_at', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'latency_ms', type: 'double' },
    {
      name: 'included',
      type: { type: 'map', values: 'string' },
      default: {},
      doc: 'Members of the request (result.include), each as JSON.',
    },
    {
      name: 'windows',
      type: ['null', 'int'],
      default: null,
      doc: 'Parts in which a long text was read, if there are several.',
    },
    {
      name: 'stage',
      type: ['null', 'int'],
      default: null,
      doc: 'Which model of a cascade has answered, 1 or 2, if there is one.',
    },
  ],
};

const protobuf = `syntax = "proto3";
package kubesentiment;

message Result {
  // Of the request; a number as its digits.
  string id = 1;
  string label = 2;
  double score = 3;
  // All labels above the threshold, if a text can have several.
  repeated string labels = 4;
  // Of each label, where they are wanted.
  map<string, double> scores = 5;
  string model = 6;
  string model_version = 7;
  bool truncated = 8;
  int32 attempts = 9;
  Source source = 10;
  // Of the request, as it stands there; a number as its digits.
  optional string timestamp = 11;
  // Milliseconds since 1970.
  int64 processed_at = 12;
  double latency_ms = 13;
  // Members of the request (result.include), each as JSON.
  map<string, string> included = 14;
  // Parts in which a long text was read, if there are several.
  optional int32 windows = 15;
  // Which model of a cascade has answered, 1 or 2, if there is one.
  optional int32 stage = 16;

  // The request.
  message Source {
    string topic = 1;
    int32 partition = 2;
    int64 offset = 3;
  }
}
`;

const text = { type: 'string' };
const number = { type: 'number' };
const scalar = { anyOf: [text, number] }; // a list of types is not strict enough for some validators
const whole = { type: 'integer' };

const jsonSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Result',
  description: 'Members of the request (result.include) stand beside these.',
  type: 'object',
  properties: {
    id: scalar,
    label: text,
    score: number,
    labels: { type: 'array', items: text },
    scores: { type: 'object', additionalProperties: number },
    model: text,
    model_version: text,
    truncated: { type: 'boolean' },
    windows: whole,
    stage: whole,
    attempts: whole,
    source: {
      type: 'object',
      properties: { topic: text, partition: whole, offset: whole },
      required: ['topic', 'partition', 'offset'],
    },
    timestamp: scalar,
    processed_at: whole,
    latency_ms: number,
  },
  required: ['id', 'label', 'score', 'model', 'model_version', 'truncated', 'attempts'].concat([
    'source',
    'processed_at',
    'latency_ms',
  ]),
};

export const resultSchemas: Readonly<Record<SchemaFormat, Omit<RegisteredSchema, 'references'>>> = {
  avro: { type: 'AVRO', text: JSON.stringify(avro) },
  protobuf: { type: 'PROTOBUF', text: protobuf },
  json_schema: { type: 'JSON', text: JSON.stringify(jsonSchema) },
};
