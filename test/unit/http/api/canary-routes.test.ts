import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KubesentimentError } from '../../../../src/errors.ts';
import type { CanaryCommands, CanaryReport } from '../../../../src/http/service-view.ts';
import type { LogEvent } from '../../../../src/log-events.ts';
import { fakeView, postJson, startServer } from '../fixture.ts';

const token = 'a-token-of-some-length-0123456789';
const headers = { authorization: `Bearer ${token}` };
const promoted = { outcome: 'reloaded', model: 'next', model_version: 'b', previous_version: 'a' } as const;
const report: CanaryReport = {
  ...{ model: 'next', model_version: 'b', state: 'returned', reason: 'operator', share: 0.1 },
  ...{ classified: 10, failed: 1, slowdown: 1.5, compared: 4, agreed: 3, differed: 1, skipped: 2 },
  ...{ agreement: 0.75, mean_distance: null },
  limits: { max_disagreement: 0.1, max_errors: 0.01, max_slowdown: 2 },
  differences: [
    {
      ...{ topic: 't', partition: 3, offset: 42 },
      ...{ label: 'A', score: 0.9, old_label: 'B', old_score: 0.7, distance: 0.6 },
    },
  ],
};
const canary: CanaryCommands = { promote: async () => promoted, return: () => report };

test('how a canary does, with the texts that differ most by place', async (t) => {
  const { call } = await startServer(t, fakeView({ canary: () => report }));
  const { status, json } = await call('/api/v1/model/canary');
  assert.deepEqual([status, json], [200, report]);
});

test('without a canary there is nothing to say', async (t) => {
  const { call } = await startServer(t, fakeView());
  assert.equal((await call('/api/v1/model/canary')).status, 503);
});

test('both ways to end a trial answer with what is so now, and are audited', async (t) => {
  const lines: [LogEvent, Record<string, unknown>][] = [];
  const write = (event: LogEvent, fields: object = {}) => void lines.push([event, { ...fields }]);
  const logger = { debug: write, info: write, warn: write, error: write };
  const { call } = await startServer(t, fakeView(), { canary, token, logger });
  const promotion = await call('/api/v1/model/canary/promote', postJson({}, headers));
  assert.deepEqual([promotion.status, promotion.json], [200, promoted]);
  const end = await call('/api/v1/model/canary/return', { method: 'POST', headers });
  assert.deepEqual([end.status, end.json], [200, report]);
  const audited = lines.filter(([event]) => event === 'http_audit').map(([, fields]) => fields);
  assert.deepEqual(
    audited.map(({ route, outcome, version }) => [route, outcome, version]),
    [
      ['/api/v1/model/canary/promote', 'reloaded', 'b'],
      ['/api/v1/model/canary/return', 'returned', 'b'],
    ],
  );
});

test('nobody ends a trial without the token, or twice', async (t) => {
  const guarded = await startServer(t, fakeView(), { canary, token });
  const open = await startServer(t, fakeView(), { canary });
  const refusal = new KubesentimentError('KS_STATE', 'The trial of the canary is over.');
  const over: CanaryCommands = {
    promote: () => Promise.reject(refusal),
    return: () => {
      throw refusal;
    },
  };
  const late = await startServer(t, fakeView(), { canary: over, token });
  for (const what of ['promote', 'return']) {
    const path = `/api/v1/model/canary/${what}`;
    assert.equal((await guarded.call(path, postJson({}))).status, 401);
    assert.equal((await open.call(path, postJson({}))).status, 403);
    const { status, json } = await late.call(path, postJson({}, headers));
    assert.deepEqual([status, json.error.message], [503, 'The trial of the canary is over.']);
  }
});
