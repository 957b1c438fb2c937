/** What the reader makes of Avro values: types with a meaning of their own, and bytes that lie. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import avro from 'avsc';
import { avroSchema, valueReader } from '../../helpers/read-value.ts';

const record = (...fields: unknown[]) => ({ type: 'record', name: 'R', fields });
const field = (name: string, type: unknown) => ({ name, type });
const text = field('text', 'string');
/** "a" */
const A = [2, 0x61];

async function readOf(schema: unknown, include: Readonly<Record<string, string>> = {}, depthMax = 64) {
  return valueReader(avroSchema(schema), { include, depthMax });
}

test('timestamps are milliseconds, decimals numbers, bytes base64, enumerations names', async () => {
  const logical = (type: string, logicalType: string, more = {}) => ({ type, logicalType, ...more });
  const schema = record(
    field('millis', logical('long', 'timestamp-millis')),
    field('timestamp', logical('long', 'timestamp-micros')),
    field('price', logical('bytes', 'decimal', { precision: 9, scale: 2 })),
    field('debt', { ...logical('fixed', 'decimal', { precision: 5, scale: 3 }), name: 'F', size: 3 }),
    field('raw', 'bytes'),
    field('id', logical('string', 'uuid')),
    field('priority', { type: 'enum', name: 'P', symbols: ['low', 'high'] }),
    text,
  );
  const include = { millis: '/millis', price: '/price', debt: '/debt', raw: '/raw' };
  const read = await readOf(schema, include);
  const { members, ...found } = read(
    Uint8Array.from([
      ...[0x01, 0xcd, 0x0f], // -1 ms, -999 µs
      ...[4, 0x04, 0xd2, 0xff, 0xff, 0xff], // 1234, -1
      ...[4, 0xff, 0x00, 6, 0x78, 0x2d, 0x79, 2, ...A],
    ]),
  );
  assert.equal(found.reason, '');
  assert.deepEqual(members, { '': 0, millis: -1, price: 12.34, debt: -0.001, raw: '/wA=' });
  assert.deepEqual([found.timestamp, found.id, found.priority, found.text], ['-1', '"x-y"', 'high', 'a']);
});

test('a long keeps all its digits', async () => {
  const read = await readOf(record(field('id', 'long'), text));
  const largest = [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
  assert.equal(read(Uint8Array.from([...largest, ...A])).id, '9223372036854775807');
});

test('branches of a union are looked into; types of other schemas and of the type itself are known', async () => {
  const person = { type: 'record', name: 'people.Person', fields: [text] };
  const tree = {
    ...record(field('text', ['null', 'people.Person', 'string']), field('next', ['null', 'R'])),
    namespace: 'x',
  };
  const read = await valueReader(avroSchema(tree, person), {
    request: { text: ['/text/text', '/next/text', '/next/next/text/text'] },
  });
  assert.equal(read(Uint8Array.from([2, ...A, 2, 4, 2, 0x62, 2, 2, 2, 0x63, 0])).text, 'a\nb\nc');
  assert.equal(read(Uint8Array.from([0, 2, 4, 2, 0x62, 0])).text, 'b');
});

test('the last of equal keys of a map counts; blocks with their size are read alike', async () => {
  const read = await valueReader(avroSchema({ type: 'map', values: ['null', 'string'] }), {
    include: { all: '' },
  });
  const key = [8, ...Buffer.from('text')];
  assert.equal(read(Uint8Array.from([4, ...key, 2, ...A, ...key, 2, 2, 0x62, 0])).text, 'b');
  assert.equal(read(Uint8Array.from([4, ...key, 2, ...A, ...key, 0, 0])).reason, '`text` is not a string.');
  assert.deepEqual(read(Uint8Array.from([1, 16, ...key, 2, ...A, 0])).members, { '': 0, all: { text: 'a' } });
});

test('the state after a change of Debezium; a delete is a deletion', async () => {
  const row = { type: 'record', name: 'Row', fields: [text] };
  const schema = record(
    field('before', ['null', row]),
    field('after', ['null', 'Row']),
    field('op', 'string'),
  );
  const read = await valueReader(avroSchema(schema), { request: { envelope: 'debezium' } });
  assert.equal(read(Uint8Array.from([0, 2, ...A, 2, 0x63])).text, 'a');
  assert.match(read(Uint8Array.from([2, ...A, 0, 2, 0x64])).reason, /something was deleted/);
});

test('bytes that lie are refused with a reason, in no time', async () => {
  const list = (items: unknown) => record(field('list', { type: 'array', items }), text);
  const huge = [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
  const least = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
  const endless = { type: 'record', name: 'E', fields: [field('a', 'E'), field('b', 'E')] };
  const unfit = /out of range/;
  const early = /ends before/;
  const cases: [what: string, schema: unknown, bytes: number[], reason: RegExp, include?: string][] = [
    ['a negative length', record(text), [1], unfit],
    ['a length beyond the value', record(text), [40, 0x61], early],
    ['the largest length', record(text), huge, early],
    ['a number of eleven bytes', record(field('n', 'long'), text), [...Array(10).fill(0x80), 1], unfit],
    ['a number that is no int', record(field('n', 'int'), text), [...huge, ...A], unfit],
    ['a boolean of 2', record(field('n', 'boolean'), text), [2, ...A], unfit],
    ['a branch that is not there', record(field('text', ['null', 'string'])), [4], unfit],
    ['a branch before the first', record(field('text', ['null', 'string'])), [1], unfit],
    [
      'a symbol that is not there',
      record(field('n', { type: 'enum', name: 'P', symbols: ['x'] }), text),
      [2],
      unfit,
    ],
    ['a huge number of items', list('string'), huge, early],
    ['the least number of items', list('string'), [...least, 0], unfit],
    ['a block larger than the value', list('string'), [1, 40, 0, 0], early],
    ['a huge number of nothings, copied', list('null'), [...huge, 0, ...A], /longer than 16 KiB/, '/list'],
    ['bytes that are no text', record(text), [2, 0xff], /not valid UTF-8/],
    ['a text cut in a character', record(text, field('n', 'int')), [2, 0xc3, 0x29], /not valid UTF-8/],
    ['a record that never ends', record(field('e', endless), text), A, /nested deeper/],
  ];
  for (const [what, schema, bytes, reason, include] of cases) {
    const read = await readOf(schema, include === undefined ? {} : { m: include });
    assert.match(read(Uint8Array.from(bytes)).reason, reason, what);
  }
  const nothings = await readOf(list('null'), { far: '/list/999999999' });
  assert.deepEqual(nothings(Uint8Array.from([...huge, 0, ...A])).members, { '': 0, far: null });
});

test('values nested deeper than max_json_depth are refused, in both of its meanings', async () => {
  const schema = record(field('next', ['null', 'R']), text);
  const deep = (levels: number) =>
    Uint8Array.from([
      ...Array(levels).fill(2),
      0,
      ...Array(levels + 1)
        .fill(A)
        .flat(),
    ]);
  const read = await readOf(schema, {}, 8);
  assert.equal(read(deep(7)).text, 'a');
  assert.match(read(deep(8)).reason, /nested deeper/);
});

test('one byte changed or lost never does more than refuse the value', async () => {
  const inner = record(
    field('a', ['null', 'int', 'string']),
    field('m', { type: 'map', values: 'bytes' }),
    text,
  );
  const schema = record(field('list', { type: 'array', items: { ...inner, name: 'I' } }), text);
  const type = avro.Type.forSchema(schema as avro.Schema, { wrapUnions: true });
  const read = await readOf(schema, { all: '', list: '/list', one: '/list/1/m' });
  for (let round = 0; round < 20; round++) {
    const bytes = type.toBuffer(type.random());
    for (let i = 0; i < Math.min(bytes.length, 300); i++) {
      const changed = Buffer.from(bytes);
      changed[i] = (changed[i] as number) ^ (1 << (round % 8));
      assert.equal(typeof read(changed).reason, 'string');
      assert.notEqual(read(bytes.subarray(0, i)).reason, '');
    }
  }
});
