import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeView, postJson, startServer, unhealthy } from '../fixture.ts';

const predictPath = '/api/v1/predict';

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

test('the three kafka-metrics paths give the same JSON', async (t) => {
  const { call } = await startServer(t, fakeView());
  const paths = ['/api/v1/monitoring/kafka-metrics', '/api/v1/kafka-metrics', '/api/v1/kafka/metrics'];
  const answers = await Promise.all(paths.map((path) => call(path)));
  for (const { status, json } of answers) {
    assert.equal(status, 200);
    assert.deepEqual(json, answers[0]?.json);
    assert.equal(json.messages_consumed, 0);
    assert.equal(json.running, true);
  }
});

test('probes answer 200 when all is well and 503 with the reason when not', async (t) => {
  const { call } = await startServer(t, fakeView({ readiness: () => unhealthy }));
  const live = await call('/livez');
  assert.deepEqual([live.status, live.json.status], [200, 'ok']);
  const ready = await call('/readyz');
  assert.deepEqual([ready.status, ready.json.status], [503, 'unavailable']);
  assert.deepEqual(ready.json.checks, unhealthy.checks);
  const health = await call('/health');
  assert.equal(health.status, 503);
  assert.equal(health.json.checks.length, 2);
});

test('liveness fails by itself', async (t) => {
  const { call } = await startServer(t, fakeView({ liveness: () => unhealthy }));
  assert.equal((await call('/livez')).status, 503);
  assert.equal((await call('/readyz')).status, 200);
});

test('details say what runs, even when it is not well', async (t) => {
  const { call } = await startServer(t, fakeView({ readiness: () => unhealthy }));
  const { status, json } = await call('/health/details');
  assert.equal(status, 200);
  assert.equal(json.status, 'unavailable');
  assert.equal(json.build.model, 'accurate');
  assert.equal(json.state, 'running');
});

test('one text gives one prediction, a list gives a list', async (t) => {
  const seen: (readonly string[])[] = [];
  const view = fakeView();
  const predict = (texts: readonly string[]) => {
    seen.push(texts);
    return view.predict(texts);
  };
  const { call } = await startServer(t, { ...view, predict });
  const one = await call(predictPath, postJson({ text: 'good' }));
  assert.deepEqual([one.status, one.json], [200, { label: 'positive', score: 0.75, truncated: false }]);
  const many = await call(predictPath, postJson({ texts: ['a', 'b\u0000', '\ud800'] }));
  assert.equal(many.json.predictions.length, 3);
  assert.deepEqual(seen, [['good'], ['a', 'b\u0000', '\ud800']]);
});

test('an empty list gives an empty list without asking the model', async (t) => {
  const { call } = await startServer(t, fakeView({ predict: () => assert.fail('asked') }));
  assert.deepEqual((await call(predictPath, postJson({ texts: [] }))).json, { predictions: [] });
});
