import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Carried } from '../../../src/publish/carried.ts';

const headers = [
  { a: '1' },
  { b: null },
  { a: Buffer.from('2') },
  { 'x-consumer-group': 'other' },
  { 'x-headers-omitted': '7' },
];
const message = { topic: 't', partition: 0, offset: 0, value: null, size: 0, timestamp: 5, headers };
const group = { 'x-consumer-group': 'blue' };
const plain = { shape: 'record', headers: ['all'], timestamp: 'now' } as const;

test('all headers, none of them, or those that are named', () => {
  const carried = (...names: string[]) =>
    new Carried('blue', { ...plain, headers: names }).headersOf(message);
  assert.deepEqual(carried('all'), [headers[0], headers[1], headers[2], group]);
  assert.deepEqual(carried('none'), [group]);
  assert.deepEqual(carried('a', 'x-consumer-group', 'x-headers-omitted'), [headers[0], headers[2], group]);
});

test('a result without headers says how many bytes they would have taken', () => {
  const omitted = (names: string[]) =>
    new Carried('blue', { ...plain, headers: names }).headersWithout(message);
  assert.deepEqual(omitted(['all']), [{ 'x-headers-omitted': '5' }, group]);
  assert.deepEqual(omitted(['b']), [{ 'x-headers-omitted': '1' }, group]);
});

test('the timestamp of the request, where it has one', () => {
  const carried = new Carried('blue', { ...plain, timestamp: 'request' });
  assert.equal(carried.timestampOf(message), 5);
  assert.equal(carried.timestampOf({ ...message, timestamp: -1 }), undefined);
  assert.equal(new Carried('blue', plain).timestampOf(message), undefined);
});

test('timestamps that a topic refuses are left out for a minute, and then tried again', (t) => {
  let now = 1_000;
  t.mock.method(performance, 'now', () => now);
  const carried = new Carried('blue', { ...plain, timestamp: 'request' });
  assert.equal(carried.leaveOutTimestamps(), true);
  assert.equal(carried.timestampOf(message), undefined);
  assert.equal(carried.leaveOutTimestamps(), false, 'they are not the reason any more');
  now += 60_000;
  assert.equal(carried.timestampOf(message), 5);
  assert.equal(new Carried('blue', plain).leaveOutTimestamps(), false);
});
