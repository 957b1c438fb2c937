import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { historyColumns } from '../../../../src/http/live/live-history.ts';
import { createLogger } from '../../../../src/log.ts';
import { fakeView, startServer } from '../fixture.ts';

const path = '/api/v1/monitoring/history';
const token = 'a-token-of-some-length-0123456789';

test('a client gets the samples so far, in columns, and what was logged since the server started', async (t) => {
  const logger = createLogger({ level: 'silent', format: 'json' });
  const view = fakeView();
  const { call } = await startServer(t, view, { logger });
  assert.deepEqual((await call(path)).json.samples.at, []);
  view.counters.processing.record(10, 5);
  logger.info('model_reloaded', { from: 'one', to: 'two' });
  let { json, headers } = await call(path);
  while (json.samples.at.length < 2) {
    await sleep(100);
    ({ json, headers } = await call(path));
  }
  assert.match(String(headers['content-type']), /^application\/json/);
  assert.equal(json.keptSeconds, 3_600);
  assert.deepEqual(Object.keys(json.samples), ['at', ...historyColumns]);
  for (const [name, column] of Object.entries<unknown[]>(json.samples))
    assert.equal(column.length, json.samples.at.length, name);
  assert.ok(json.samples.processingP50[0] > 9);
  assert.equal(json.samples.endToEndP50[0], null);
  const [{ at, ...event }] = json.events;
  assert.deepEqual(event, {
    name: 'model_reloaded',
    level: 'info',
    title: 'Model reloaded',
    detail: 'one → two',
    count: 1,
  });
  assert.ok(Math.abs(at - json.samples.at[0]) < 60);
});

test('a check that fails is there, without any logger', async (t) => {
  const checks = [{ name: 'broker', ok: false, reason: 'No broker has answered for 74 s.' }];
  const { call } = await startServer(t, fakeView({ readiness: () => ({ ok: false, checks }) }));
  let events: { title: string; detail: string }[] = [];
  while (events.length === 0) {
    await sleep(100);
    ({ events } = (await call(path)).json);
  }
  assert.deepEqual(
    events.map(({ title, detail }) => [title, detail]),
    [['Broker lost', 'No broker has answered for 74 s.']],
  );
});

test('it needs the token, and there is none without the page', async (t) => {
  const { call } = await startServer(t, fakeView(), { token });
  assert.equal((await call(path)).status, 401);
  assert.equal((await call(path, { headers: { authorization: `Bearer ${token}` } })).status, 200);
  assert.equal(
    (await call(path, { method: 'POST', headers: { authorization: `Bearer ${token}` } })).status,
    405,
  );
  const without = await startServer(t, fakeView(), { page: false });
  assert.equal((await without.call(path)).status, 404);
});
