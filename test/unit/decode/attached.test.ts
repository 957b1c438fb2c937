import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../../src/config/load.ts';
import { Attached } from '../../../src/decode/attached.ts';

const { request } = loadConfig().config;
const message = { topic: 't', partition: 0, offset: 0, value: null, size: 0 };
const headers = [{ ce_specversion: '1.0' }, { ce_id: Buffer.from('e1') }, { ce_time: '2026' }];
const event = [true, Buffer.from('e1'), Buffer.from('2026'), undefined, undefined];

function partsOf(more: object, extra: object): readonly unknown[] | undefined {
  const attached = Attached.of({ ...request, ...more });
  attached?.set(0, { ...message, ...extra });
  return attached?.parts;
}

test('nothing is collected where everything stands in the values', () => {
  assert.equal(partsOf({}, { key: 'k', headers }), undefined);
});

test('$key is the key of the record, which may be missing', () => {
  const key = Buffer.from('k');
  assert.deepEqual(partsOf({ id: '$key', priority: '$key' }, { key }), [
    false,
    key,
    undefined,
    key,
    undefined,
  ]);
  assert.deepEqual(partsOf({ timestamp: '$key' }, {}), [false, undefined, null, undefined, undefined]);
});

test('a binary CloudEvent has id and time in headers, unless others are asked for', () => {
  const envelope = 'cloudevents';
  assert.deepEqual(partsOf({ envelope }, { headers }), event);
  assert.deepEqual(partsOf({ envelope, id: '/other' }, { headers }), [
    true,
    undefined,
    event[2],
    undefined,
    undefined,
  ]);
  assert.deepEqual(partsOf({ envelope, id: '$key' }, { headers, key: 'k' }), [
    true,
    Buffer.from('k'),
    event[2],
    undefined,
    undefined,
  ]);
  assert.deepEqual(partsOf({ envelope }, { headers: [{ ce_id: 'x' }] }), [
    false,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

test('a header says which schema the value has', () => {
  const header = Buffer.from([0, 0, 0, 0, 7]);
  const more = { headers: [{ __value_schema_id: header }] };
  assert.deepEqual(partsOf({ format: 'avro' }, more), [false, undefined, undefined, undefined, header]);
  assert.deepEqual(partsOf({ id: '$key' }, more)?.at(-1), undefined);
});
