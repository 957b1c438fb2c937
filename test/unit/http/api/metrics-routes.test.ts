import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeView, startServer } from '../fixture.ts';

test('metrics come in the format that the Accept header asks for', async (t) => {
  const { call } = await startServer(t, fakeView());
  const plain = await call('/metrics');
  assert.equal(plain.status, 200);
  assert.equal(plain.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
  assert.match(plain.body, /^kafka_messages_consumed_total\{/m);
  const open = await call('/metrics', { headers: { accept: 'application/openmetrics-text' } });
  assert.equal(open.headers['content-type'], 'application/openmetrics-text; version=1.0.0; charset=utf-8');
  assert.ok(open.body.endsWith('# EOF\n'));
});

test('the three kafka-metrics paths return the same JSON', async (t) => {
  const { call } = await startServer(t, fakeView());
  const paths = ['/api/v1/monitoring/kafka-metrics', '/api/v1/kafka-metrics', '/api/v1/kafka/metrics'];
  const responses = await Promise.all(paths.map((path) => call(path)));
  for (const { status, json } of responses) {
    assert.equal(status, 200);
    assert.deepEqual(json, responses[0]?.json);
    assert.equal(json.messages_consumed, 0);
    assert.equal(json.running, true);
  }
});

test('why: one sentence, and the figures behind it', async (t) => {
  const { call } = await startServer(t, fakeView());
  const { status, json } = await call('/api/v1/monitoring/why');
  assert.equal(status, 200);
  assert.deepEqual([json.limit, json.severity, json.remedy, json.also], ['none', 'ok', null, []]);
  assert.match(json.sentence, /^Nothing is wrong: 400 messages a second/);
  assert.deepEqual([json.measured.capacity_per_s, json.measured.cpu_throttled_ratio], [1_000, null]);
});
