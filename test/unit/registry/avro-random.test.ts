/** Random Avro schemas and values: every pointer finds what avsc decodes there. A failure prints schema and reason. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import avro from 'avsc';
import fc from 'fast-check';
import { avroSchema, valueReader } from './read-value.ts';

type Schema = avro.Schema;

const primitives = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'] as const;
const names = ['text', 'id', 'a', 'b', '0', '1'] as const;
const RUNS = 100;
/** What all included members may take, in bytes of JSON. */
const INCLUDED_MAX = 16 << 10;
const POINTERS = 8;

/** Types get names of their own afterwards, since two must not have the same. */
const { schema: schemas } = fc.letrec<{ schema: Schema }>((tie) => {
  const inner = tie('schema');
  const record = fc
    .uniqueArray(fc.tuple(fc.constantFrom('text', 'id', 'a', 'b'), inner), {
      selector: ([name]) => name,
      maxLength: 4,
    })
    .map((fields) => ({ type: 'record', name: '?', fields: fields.map(([name, type]) => ({ name, type })) }));
  const union = fc
    .uniqueArray(fc.oneof(fc.constantFrom(...primitives), record), {
      selector: (branch) => (typeof branch === 'string' ? branch : 'record'),
      minLength: 1,
      maxLength: 4,
    })
    .map((branches) => branches as Schema);
  return {
    schema: fc.oneof(
      { maxDepth: 4, depthIdentifier: 'avro' },
      fc.constantFrom(...primitives),
      fc.constant({ type: 'enum', name: '?', symbols: ['A', 'B', 'high'] }),
      fc.nat({ max: 5 }).map((size) => ({ type: 'fixed', name: '?', size: size + 1 })),
      record,
      inner.map((items) => ({ type: 'array', items })),
      inner.map((values) => ({ type: 'map', values })),
      union,
    ) as fc.Arbitrary<Schema>,
  };
});

function named(schema: unknown, count = { next: 0 }): Schema {
  if (Array.isArray(schema)) return schema.map((each) => named(each, count)) as Schema;
  if (typeof schema !== 'object' || schema === null) return schema as Schema;
  const entries = Object.entries(schema).map(([key, value]) => {
    if (key === 'name' && value === '?') return [key, `T${count.next++}`];
    return [key, key === 'symbols' ? value : named(value, count)];
  });
  return Object.fromEntries(entries) as Schema;
}

/** What a value of avsc is as JSON, the branches of unions without their names. */
function plain(type: avro.Type, value: unknown): unknown {
  const { typeName } = type;
  if (typeName.startsWith('union')) {
    if (value === null) return null;
    const [[name, inner]] = Object.entries(value as object) as [[string, unknown]];
    const branch = (type as avro.types.WrappedUnionType).types.find(
      (each) => (each.name ?? each.typeName) === name,
    );
    return plain(branch as avro.Type, inner);
  }
  if (typeName === 'record') {
    const { fields } = type as avro.types.RecordType;
    const members = value as Record<string, unknown>;
    return Object.fromEntries(fields.map((field) => [field.name, plain(field.type, members[field.name])]));
  }
  if (typeName === 'array')
    return (value as unknown[]).map((item) => plain((type as avro.types.ArrayType).itemsType, item));
  if (typeName === 'map') {
    const { valuesType } = type as avro.types.MapType;
    return Object.fromEntries(
      Object.entries(value as object).map(([key, item]) => [key, plain(valuesType, item)]),
    );
  }
  if (Buffer.isBuffer(value)) return value.toString('base64');
  return typeof value === 'number' && !Number.isFinite(value) ? null : value;
}

function follow(value: unknown, pointer: readonly string[]): unknown {
  let at = value;
  for (const name of pointer) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined;
    at = (at as Record<string, unknown>)[name];
  }
  return at;
}

/** A float is written with as few digits as make the same float. */
function isSame(expected: unknown, actual: unknown): boolean {
  if (typeof expected === 'number' && typeof actual === 'number')
    return expected === actual || Math.fround(actual) === expected;
  if (typeof expected !== 'object' || expected === null) return expected === actual;
  if (typeof actual !== 'object' || actual === null) return false;
  const [wanted, found] = [Object.entries(expected), actual as Record<string, unknown>];
  return (
    wanted.length === Object.keys(actual).length && wanted.every(([key, value]) => isSame(value, found[key]))
  );
}

test('every pointer finds what avsc decodes there', async () => {
  const pointers = fc.array(fc.array(fc.constantFrom(...names), { maxLength: 4 }), {
    minLength: 1,
    maxLength: POINTERS,
  });
  await fc.assert(
    fc.asyncProperty(schemas, pointers, async (random, wanted) => {
      const schema = named({
        type: 'record',
        name: 'Root',
        fields: [
          { name: 'before', type: random },
          { name: 'text', type: 'string' },
        ],
      });
      const type = avro.Type.forSchema(schema, { wrapUnions: true });
      const include = Object.fromEntries(
        wanted.map((pointer, i) => [`m${i}`, ['', 'before', ...pointer].join('/')]),
      );
      const read = await valueReader(avroSchema(schema), { include });
      for (let i = 0; i < 3; i++) {
        const bytes = type.toBuffer(type.random());
        const expected = plain(type, type.fromBuffer(bytes)) as Record<string, unknown>;
        const found = read(bytes);
        const here = wanted.map((pointer) => follow(expected['before'], pointer));
        if (found.reason.endsWith('is longer than 16 KiB.')) {
          assert.ok(Buffer.byteLength(JSON.stringify(here)) > INCLUDED_MAX / 2, 'it is not that long');
          continue;
        }
        assert.equal(found.reason, '');
        assert.equal(found.text, expected['text']);
        for (const [j, pointer] of wanted.entries()) {
          const member = found.members[`m${j}`];
          assert.ok(isSame(here[j], member), `${pointer.join('/')}: ${JSON.stringify(here[j])}`);
        }
      }
    }),
    { numRuns: RUNS, includeErrorInReport: true },
  );
});

test('a value that is cut off, or goes on, does not fit', async () => {
  await fc.assert(
    fc.asyncProperty(schemas, async (random) => {
      const schema = named({ type: 'record', name: 'Root', fields: [{ name: 'text', type: random }] });
      const type = avro.Type.forSchema(schema, { wrapUnions: true });
      const read = await valueReader(avroSchema(schema), { request: { text: ['/other'] } });
      const bytes = type.toBuffer(type.random());
      assert.equal(read(bytes).reason, 'The request has no `text`.');
      assert.match(read(Buffer.concat([bytes, Buffer.alloc(1)])).reason, /goes on/);
      if (bytes.length > 0) assert.match(read(bytes.subarray(0, -1)).reason, /ends before/);
    }),
    { numRuns: RUNS, includeErrorInReport: true },
  );
});
