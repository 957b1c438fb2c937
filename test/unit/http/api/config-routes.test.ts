import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KubesentimentError } from '../../../../src/errors.ts';
import type { ConfigControl } from '../../../../src/http/service-view.ts';
import type { LogEvent } from '../../../../src/log-events.ts';
import { fakeView, postJson, startServer } from '../fixture.ts';

const token = 'a-token-of-some-length-0123456789';
const headers = { authorization: `Bearer ${token}` };
const path = '/api/v1/config/reload';
const answer = {
  changed: [{ key: 'kafka.max_retries', from: 3, to: 5 }],
  needs_restart: [{ key: 'kafka.topic', from: ['a'], to: ['b'] }],
  model_reloaded: false,
} as const;
const inUse = { kafka: { max_retries: 5 }, http: { token: '********' } };
const config: ConfigControl = { reload: async () => answer, inUse: () => inUse };

test('a reload answers with what has changed and what has not, needs no body, and is audited', async (t) => {
  const lines: [LogEvent, Record<string, unknown>][] = [];
  const write = (event: LogEvent, fields: object = {}) => void lines.push([event, { ...fields }]);
  const logger = { debug: write, info: write, warn: write, error: write };
  const { call } = await startServer(t, fakeView(), { config, token, logger });
  for (const request of [postJson({}, headers), { method: 'POST', headers }]) {
    const { status, json } = await call(path, request);
    assert.deepEqual([status, json], [200, { outcome: 'reloaded', ...answer }]);
  }
  const [audited] = lines.filter(([event]) => event === 'http_audit').map(([, fields]) => fields);
  assert.deepEqual([audited?.['route'], audited?.['changed'], audited?.['needs_restart']], [path, 1, 1]);
});

test('the configuration in use is shown to who has the token', async (t) => {
  const { call } = await startServer(t, fakeView(), { config, token });
  const { status, json } = await call('/api/v1/config', { headers });
  assert.deepEqual([status, json], [200, inUse]);
});

test('a configuration that cannot be used: 422 with everything that is wrong', async (t) => {
  const refusal = new KubesentimentError('KS_CONFIG_INVALID', 'The configuration has 2 problems: …');
  const broken: ConfigControl = { ...config, reload: () => Promise.reject(refusal) };
  const { call } = await startServer(t, fakeView(), { config: broken, token });
  const { status, json } = await call(path, postJson({}, headers));
  assert.deepEqual([status, json], [422, { error: { code: refusal.code, message: refusal.message } }]);
});

test('nobody reads or reloads it without the token, or where none is configured', async (t) => {
  let asked = 0;
  const counting: ConfigControl = {
    reload: async () => {
      asked++;
      return answer;
    },
    inUse: () => {
      asked++;
      return inUse;
    },
  };
  const guarded = await startServer(t, fakeView(), { config: counting, token });
  const open = await startServer(t, fakeView(), { config: counting });
  for (const [server, status] of [
    [guarded, 401],
    [open, 403],
  ] as const) {
    assert.equal((await server.call(path, postJson({}))).status, status);
    assert.equal((await server.call('/api/v1/config', {})).status, status);
  }
  assert.equal(asked, 0);
});
