/** The schemas whose values are fuzzed, compiled for the mapping in test/fuzz/schema_fuzz.cc. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from './run.mjs';

const field = (name, type) => ({ name, type });
const logical = (type, logicalType, more = {}) => ({ type, logicalType, ...more });

const everyAvroType = {
  type: 'record',
  name: 'Every',
  fields: [
    field('id', ['null', 'string', 'long']),
    field('timestamp', logical('long', 'timestamp-micros')),
    field('priority', { type: 'enum', name: 'Level', symbols: ['low', 'high'] }),
    field('inner', {
      type: 'record',
      name: 'Inner',
      fields: [
        field('text', ['null', 'string']),
        field('price', logical('bytes', 'decimal', { precision: 20, scale: 3 })),
        field('debt', { ...logical('fixed', 'decimal', { precision: 5, scale: 1 }), name: 'Debt', size: 3 }),
        field('numbers', { type: 'array', items: ['int', 'float', 'double', 'boolean', 'bytes'] }),
        field('nothing', { type: 'array', items: 'null' }),
        field('next', ['null', 'Inner']),
      ],
    }),
    field('items', { type: 'array', items: { type: 'map', values: 'Inner' } }),
    field('entries', { type: 'map', values: ['null', 'bytes', { type: 'array', items: 'Level' }] }),
    field('skipped', { type: 'array', items: { type: 'fixed', name: 'Id', size: 16 } }),
    field('text', 'string'),
  ],
};

const everyProtobufType = `syntax = "proto3";
import "google/protobuf/timestamp.proto";
message Every {
  string id = 1;
  google.protobuf.Timestamp timestamp = 2;
  Level priority = 3;
  Inner inner = 4;
  repeated Inner items = 5;
  map<string, Inner> entries = 6;
  string text = 7;
  enum Level { LOW = 0; HIGH = 1; }
}
message Inner {
  string text = 1;
  int32 a = 2; sint64 b = 3; fixed32 c = 4; sfixed64 d = 5; float e = 6; double f = 7; bool g = 8; bytes h = 9;
  repeated uint64 packed = 10;
  map<int64, double> numbers = 11;
  oneof one { Inner next = 12; Every.Level level = 13; }
}`;

const withGroups = `syntax = "proto2";
message Old {
  optional string text = 1;
  optional group Inner = 2 { optional string text = 1; repeated group More = 2 { optional bytes raw = 1; } }
  repeated int32 items = 3;
}`;

/** Writes them to `path`: for each its format, words and strings, with their numbers before them. */
export async function writeFuzzSchemas(path) {
  const load = (file) => import(join(root, 'dist/src', file));
  const { compileSchema } = await load('registry/compile-schema.js');
  const { fieldTree } = await load('registry/pointer-tree.js');
  const request = {
    ...{ format: 'auto', envelope: 'none', strict: true },
    ...{ text: ['/text', '/inner/text'], id: '/id', timestamp: '/timestamp', priority: '/priority' },
  };
  const schemas = [
    [{ type: 'AVRO', text: JSON.stringify(everyAvroType) }, ['/inner', '/items/1', '/entries/a']],
    [{ type: 'PROTOBUF', text: everyProtobufType }, ['/inner/g', '/items/1/e', '/entries/a/h']],
    [{ type: 'PROTOBUF', text: withGroups }, ['/items/0', '/items/1', '/items/2']],
  ];
  const lines = [];
  for (const [schema, [inner, item, entry]] of schemas) {
    const fields = fieldTree(request, { include: { inner, item, entry } });
    const program = await compileSchema({ ...schema, references: [] }, 'auto', fields, { kind: 0 });
    const strings = program.strings.map((text) => `${Buffer.byteLength(text)} ${text}`);
    lines.push([program.format, program.code.length, ...program.code, strings.length, ...strings].join(' '));
  }
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, lines.join('\n'));
}
