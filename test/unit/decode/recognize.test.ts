import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../../src/config/load.ts';
import { recognize } from '../../../src/decode/recognize.ts';

const { request } = loadConfig().config;
const of = (value: Buffer | string | object, more = {}) =>
  recognize(
    {
      value: Buffer.isBuffer(value)
        ? value
        : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
    },
    { ...request, ...more },
  );
const change = { before: null, after: { body: 'good' }, op: 'c' };

test('what a value looks like, and which setting reads it', () => {
  assert.match(String(of(Buffer.from([0, 0, 0, 1, 2, 9, 9]))), /Schema Registry frame \(schema id 258\)/);
  assert.match(String(of(Buffer.from([0x1f, 0x8b, 8, 0]))), /gzip/);
  assert.match(String(of(Buffer.from('\ufeff{"text":"good"}', 'utf16le'))), /UTF-16/);
  assert.match(String(of(Buffer.from('{"text":"good"}', 'utf16le'))), /UTF-16/);
  assert.match(String(of(change)), /request\.envelope: debezium/);
  assert.match(String(of({ schema: {}, payload: change })), /request\.envelope: debezium/);
  assert.match(String(of({ schema: {}, payload: { body: 'good' } })), /request\.envelope: connect/);
  const event = { specversion: '1.0', id: '1', type: 't', source: 's', data: {} };
  assert.match(String(of(event)), /request\.envelope: cloudevents/);
  assert.match(String(of(JSON.stringify('{"text":"good"}'))), /JSON string with a JSON object/);
  assert.match(String(of('a good film')), /request\.format: text/);
  const headers = [{ __value_schema_id: Buffer.from([1, 0]) }];
  assert.match(String(recognize({ value: Buffer.from('x'), headers }, request)), /__value_schema_id/);
});

test('nothing is said where nothing is recognised, and no setting is named that is set', () => {
  for (const value of ['', '{', '{"text":5}', '[1]', '"good"', Buffer.from([1, 2, 3]), Buffer.from([0, 0])])
    assert.equal(of(value), undefined, String(value));
  assert.equal(of(change, { envelope: 'debezium' }), undefined);
  assert.equal(of('a good film', { format: 'text' }), undefined);
  assert.equal(recognize({ value: null }, request), undefined);
});

test('a sentence repeats no part of the value, and a huge value is not parsed', () => {
  const secret = 'ocelot';
  for (const value of [
    secret,
    { ...change, op: 'c', [secret]: secret },
    JSON.stringify(JSON.stringify({ a: secret })),
  ])
    assert.doesNotMatch(String(of(value)), /ocelot/);
  assert.equal(of({ ...change, padding: 'x'.repeat(70_000) }), undefined);
});
