import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeView, startServer, unhealthy } from '../fixture.ts';

test('probes answer 200 when the service is healthy, and 503 with the reason when not', async (t) => {
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

test('liveness does not depend on readiness', async (t) => {
  const { call } = await startServer(t, fakeView({ liveness: () => unhealthy }));
  assert.equal((await call('/livez')).status, 503);
  assert.equal((await call('/readyz')).status, 200);
});

test('details are served even when the service is unhealthy', async (t) => {
  const { call } = await startServer(t, fakeView({ readiness: () => unhealthy }));
  const { status, json } = await call('/health/details');
  assert.equal(status, 200);
  assert.equal(json.status, 'unavailable');
  assert.equal(json.build.model, 'accurate');
  assert.equal(json.state, 'running');
});
