import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MessageHeader } from '../../../src/types.ts';
import { DEFAULT_ORIGIN, originReader } from '../../../src/verify/origin.ts';

const request = { topic: 'requests', partition: 3, offset: 42 };

const record = (value: unknown, headers?: MessageHeader[]) => ({
  value: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
  headers,
});

/** What is read there of a record; the only request topic is `requests`. */
const read = (place: string, value: unknown, headers?: MessageHeader[]) =>
  originReader(place, 'requests')(record(value, headers));

const long = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes;
};

test('our own results name their request in the default place', () => {
  assert.deepEqual(read(DEFAULT_ORIGIN, { id: 'a', source: request }), request);
});

test('a pointer follows RFC 6901: escapes, elements of arrays, the whole value', () => {
  assert.deepEqual(read('/a~1b/m~0n', { 'a/b': { 'm~n': request } }), request);
  assert.deepEqual(read('/~01', { '~1': request }), request);
  assert.deepEqual(read('/from/1', { from: [{}, request] }), request);
  assert.deepEqual(read('', request), request);
  assert.deepEqual(read('/', { '': request }), request);
});

test('a header can hold the object', () => {
  const headers = [{ other: 'x' }, { origin: Buffer.from(JSON.stringify(request)) }];
  assert.deepEqual(read('header:origin', 'no JSON', headers), request);
});

test('each field can have its place, in the value or in a header', () => {
  const value = { from: { topic: 'others', partition: '3' }, 'a,offset=b': 42 };
  const place = 'offset=/a,offset=b,partition=/from/partition,topic=/from/topic';
  assert.throws(() => read(place, value), /names the offset twice/);
  const headers = [{ offset: '41' }, { offset: Buffer.from('42') }];
  const other = 'topic=/from/topic,partition=/from/partition,offset=header:offset';
  assert.deepEqual(read(other, value, headers), { ...request, topic: 'others' });
});

test('a record without a topic belongs to the only request topic', () => {
  assert.deepEqual(read('/at', { at: { partition: 3, offset: 42 } }), request);
  assert.deepEqual(read('partition=/0,offset=/1', [3, 42]), request);
  assert.equal(originReader('/at', undefined)(record({ at: { partition: 3, offset: 42 } })), undefined);
});

test('numbers may be digits, or the bytes that Java writes into a header', () => {
  assert.deepEqual(read('/at', { at: { partition: '3', offset: '42' } }), request);
  const int = Buffer.from([0, 0, 0, 3]);
  const place = 'partition=header:p,offset=header:o';
  assert.deepEqual(read(place, '', [{ p: int }, { o: long(42) }]), request);
  assert.deepEqual(read(place, '', [{ p: Buffer.from('3000') }, { o: Buffer.from('12345678') }]), {
    topic: 'requests',
    partition: 3000,
    offset: 12_345_678,
  });
  assert.equal(read(place, '', [{ p: int }, { o: long(-1) }]), undefined);
});

test('a record that does not name a request has no origin', () => {
  const values = [
    'no JSON',
    'null',
    '7',
    {},
    { source: null },
    { source: [] },
    { source: { topic: 'requests', partition: 3 } },
    { source: { topic: 'requests', partition: -1, offset: 42 } },
    { source: { topic: 'requests', partition: 3, offset: 4.2 } },
    { source: { topic: 7, partition: 3, offset: 42 } },
    { source: { partition: true, offset: 42 } },
  ];
  for (const value of values) assert.equal(read('/source', value), undefined, JSON.stringify(value));
  assert.equal(originReader('/source', undefined)({ value: null, headers: undefined }), undefined);
  assert.equal(read('/source/deeper', { source: 'text' }), undefined);
  assert.equal(read('/toString', {}), undefined);
  assert.equal(read('/length', [1]), undefined);
});

test('an invalid place is refused with the reason', () => {
  for (const [place, problem] of [
    ['source', /"source" is neither/],
    ['header:', /"header:" is neither/],
    ['/a~2', /write "~0" for "~"/],
    ['topic=/t,partition=/p', /must name a partition and an offset/],
    ['offset=/o,partition=p', /"p" is neither/],
  ] as const) {
    assert.throws(() => originReader(place, 'requests'), { code: 'KS_USAGE', message: problem }, place);
  }
  assert.throws(() => originReader('partition=/p,offset=/o', undefined), /must name a topic/);
});
