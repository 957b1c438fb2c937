import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KubesentimentError } from '../../../../src/errors.ts';
import type { ModelControl } from '../../../../src/http/service-view.ts';
import type { LogEvent } from '../../../../src/log-events.ts';
import { fakeView, postJson, startServer } from '../fixture.ts';

const token = 'a-token-of-some-length-0123456789';
const headers = { authorization: `Bearer ${token}` };
const path = '/api/v1/model/reload';
const answer = { outcome: 'reloaded', model: 'tickets', model_version: 'b', previous_version: 'a' } as const;

test('a reload answers with what is used now, needs no body, and is audited', async (t) => {
  const lines: [LogEvent, Record<string, unknown>][] = [];
  const write = (event: LogEvent, fields: object = {}) => void lines.push([event, { ...fields }]);
  const logger = { debug: write, info: write, warn: write, error: write };
  const model: ModelControl = { reload: async () => answer };
  const { call } = await startServer(t, fakeView(), { model, token, logger });
  for (const request of [postJson({}, headers), { method: 'POST', headers }]) {
    const { status, json } = await call(path, request);
    assert.deepEqual([status, json], [200, answer]);
  }
  const [audited] = lines.filter(([event]) => event === 'http_audit').map(([, fields]) => fields);
  assert.deepEqual([audited?.['route'], audited?.['outcome'], audited?.['version']], [path, 'reloaded', 'b']);
});

test('a model that is refused is no fault of the service: 422 with the reason', async (t) => {
  const refusal = new KubesentimentError('KS_MODEL_INVALID', 'It has no ONNX file.', {
    remedy: 'Export it.',
  });
  const model: ModelControl = { reload: () => Promise.reject(refusal) };
  const { call } = await startServer(t, fakeView(), { model, token });
  const { status, json } = await call(path, postJson({}, headers));
  const error = { code: 'KS_MODEL_INVALID', message: 'It has no ONNX file. Export it.' };
  assert.deepEqual([status, json], [422, { error }]);
});

test('nobody reloads without the token, or where none is configured', async (t) => {
  let asked = 0;
  const model: ModelControl = {
    reload: async () => {
      asked++;
      return answer;
    },
  };
  const guarded = await startServer(t, fakeView(), { model, token });
  assert.equal((await guarded.call(path, postJson({}))).status, 401);
  const open = await startServer(t, fakeView(), { model });
  assert.equal((await open.call(path, postJson({}))).status, 403);
  assert.equal(asked, 0);
});
