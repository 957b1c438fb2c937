import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DlqAccess } from '../../../../src/dead-letters/access.ts';
import type { ReplayOptions } from '../../../../src/dead-letters/replay.ts';
import { KubesentimentError } from '../../../../src/errors.ts';
import type { LogEvent } from '../../../../src/log-events.ts';
import { gate } from '../../../helpers/gate.ts';
import { fakeView, postJson, startServer } from '../fixture.ts';

const token = 'a-token-of-some-length-0123456789';
const headers = { authorization: `Bearer ${token}` };
const report = { dryRun: false, replayed: 3, byReason: {}, skipped: {}, refused: [], stopped: false };

/** Dead letters that record what is requested of them. */
function fakeDlq(overrides: Partial<DlqAccess> = {}) {
  const requested: unknown[] = [];
  const replays: ReplayOptions[] = [];
  const dlq: DlqAccess = {
    list: async (filter, limit) => {
      requested.push([filter, limit]);
      return { letters: [], more: false };
    },
    find: async (partition, offset) => {
      requested.push([partition, offset]);
      return undefined;
    },
    stats: async (filter) => {
      requested.push(filter);
      return { total: 0 } as never;
    },
    overview: async (filter, options) => {
      requested.push([filter, options]);
      return { letters: [], total: 0 } as never;
    },
    headers: async (partition, offset) => {
      requested.push(['headers', partition, offset]);
      return { headers: [], more: false };
    },
    value: async (partition, offset) => {
      requested.push(['value', partition, offset]);
      return undefined;
    },
    replay: async (options) => {
      replays.push(options);
      return report as never;
    },
    ...overrides,
  };
  return { dlq, requested, replays };
}

function recordingLogger() {
  const lines: [LogEvent, Record<string, unknown>][] = [];
  const write = (event: LogEvent, fields: object = {}) => void lines.push([event, { ...fields }]);
  return { lines, logger: { debug: write, info: write, warn: write, error: write } };
}

test('a query is translated into the filter of the dlq commands', async (t) => {
  const { dlq, requested } = fakeDlq();
  const { call } = await startServer(t, fakeView(), { dlq });
  const query = 'reason=timeout&reason=internal&partition=0&partition=2&since=2026-01-31T12:00Z&limit=7';
  assert.equal((await call(`/api/v1/dlq?${query}`)).status, 200);
  const since = Date.parse('2026-01-31T12:00Z');
  assert.deepEqual(requested.pop(), [{ reasons: ['timeout', 'internal'], partitions: [0, 2], since }, 7]);
  await call('/api/v1/dlq?limit=999999');
  assert.deepEqual(requested.pop(), [{}, 1_000]);
  assert.equal((await call('/api/v1/dlq/stats?reason=timeout')).json.total, 0);
  const missing = await call('/api/v1/dlq/1/17');
  assert.deepEqual([missing.status, requested.pop()], [404, [1, 17]]);
});

test('a filter that is malformed or can match nothing is rejected before anything is read', async (t) => {
  const { dlq, requested } = fakeDlq();
  const { call } = await startServer(t, fakeView(), { dlq });
  for (const query of [
    'reason=nonsense',
    'partition=-1',
    'partition=x',
    'since=yesterday',
    'since=1h&until=2h',
    'limit=1.5',
    'limit=-1',
    'colour=red',
  ]) {
    const { status, json } = await call(`/api/v1/dlq?${query}`);
    assert.equal(status, 400, query);
    assert.ok(json.error.message.length > 20, json.error.message);
  }
  assert.equal((await call('/api/v1/dlq/0/x')).status, 400);
  assert.deepEqual(requested, []);
});

test('a replay requires a configured token, and every attempt is in the audit log', async (t) => {
  const open = recordingLogger();
  const { dlq, replays } = fakeDlq();
  const loopback = await startServer(t, fakeView(), { dlq, logger: open.logger });
  const refused = await loopback.call('/api/v1/dlq/replay', postJson({}));
  assert.deepEqual([refused.status, refused.json.error.code], [403, 'HTTP_FORBIDDEN']);
  assert.equal(open.lines[0]?.[0], 'http_audit');
  assert.equal(replays.length, 0);

  const { lines, logger } = recordingLogger();
  const { call } = await startServer(t, fakeView(), { dlq, logger, token });
  assert.equal((await call('/api/v1/dlq/replay', postJson({}))).status, 401);
  const body = { reasons: ['timeout'], since: '1h', limit: 10, rate: 5 };
  const done = await call('/api/v1/dlq/replay', postJson(body, headers));
  assert.equal(done.json.replayed, 3);
  const [{ filter, limit, rate, replaysMax, dryRun, shouldStop }] = replays as [ReplayOptions];
  assert.deepEqual([filter.reasons, limit, rate, replaysMax, dryRun], [['timeout'], 10, 5, 3, false]);
  assert.equal(shouldStop?.(), true, 'the client has its response');
  const logged = lines.map(([event, { status, address, replayed } = {}]) => [
    event,
    status,
    address,
    replayed,
  ]);
  assert.deepEqual(logged, [
    ['http_audit', 401, '127.0.0.1', undefined],
    ['http_audit', 200, '127.0.0.1', 3],
  ]);
  for (const wrong of [{ limit: 0 }, { limit: 1e9 }, { dryRun: 'yes' }, { reasons: 'timeout' }, { x: 1 }]) {
    assert.equal((await call('/api/v1/dlq/replay', postJson(wrong, headers))).status, 400);
  }
  assert.equal(replays.length, 1);
});

test('an overview has the dates of its selection, so that a replay has the same', async (t) => {
  const { dlq, requested } = fakeDlq();
  const { call } = await startServer(t, fakeView(), { dlq });
  const query = 'reason=timeout&since=1h&until=15m&replayed=no&limit=7';
  const { status, json } = await call(`/api/v1/dlq/overview?${query}`);
  const [filter, options] = requested.pop() as [{ since: number; until: number }, object];
  assert.deepEqual([status, options], [200, { limit: 7, isReplayed: false }]);
  assert.deepEqual([Date.parse(json.since), Date.parse(json.until)], [filter.since, filter.until]);
  const before = Date.now();
  const all = await call('/api/v1/dlq/overview');
  assert.deepEqual(requested.pop(), [{}, { limit: 100, isReplayed: undefined }]);
  assert.ok(Date.parse(all.json.until) >= before && Date.parse(all.json.until) <= Date.now());
  assert.deepEqual([all.json.since, all.json.hasToken], [undefined, false]);
  for (const wrong of ['replayed=perhaps', 'since=x', 'x=1'])
    assert.equal((await call(`/api/v1/dlq/overview?${wrong}`)).status, 400, wrong);
});

test('headers and values require a configured token, and every look is in the audit log', async (t) => {
  const { dlq, requested } = fakeDlq();
  const place = { partition: 1, offset: 17 };
  const open = recordingLogger();
  const loopback = await startServer(t, fakeView(), { dlq, logger: open.logger });
  for (const part of ['headers', 'value']) {
    const { status, json } = await loopback.call(`/api/v1/dlq/${part}`, postJson(place));
    assert.deepEqual([status, json.error.code], [403, 'HTTP_FORBIDDEN']);
  }
  assert.deepEqual(requested, []);

  const { lines, logger } = recordingLogger();
  const { call } = await startServer(t, fakeView(), { dlq, logger, token });
  assert.equal((await call('/api/v1/dlq/value', postJson(place))).status, 401);
  assert.equal((await call('/api/v1/dlq/headers', postJson(place, headers))).status, 200);
  assert.equal((await call('/api/v1/dlq/value', postJson(place, headers))).status, 404);
  assert.equal((await call('/api/v1/dlq/value', { headers })).status, 405, 'no link leads to a value');
  assert.equal((await call('/api/v1/dlq/value', postJson({ partition: 1 }, headers))).status, 400);
  assert.deepEqual(requested, [
    ['headers', 1, 17],
    ['value', 1, 17],
  ]);
  const logged = lines.map(([event, { route, status, partition, offset } = {}]) => [
    event,
    route,
    status,
    partition,
    offset,
  ]);
  assert.deepEqual(logged, [
    ['http_audit', '/api/v1/dlq/value', 401, undefined, undefined],
    ['http_audit', '/api/v1/dlq/headers', 200, 1, 17],
    ['http_audit', '/api/v1/dlq/value', 404, 1, 17],
    ['http_audit', '/api/v1/dlq/value', 400, undefined, undefined],
  ]);
});

test('one request reads the topic at a time, and an unreachable broker is a 503', async (t) => {
  const entered = gate();
  const released = gate();
  const { dlq } = fakeDlq({
    list: async () => {
      entered.resolve();
      await released.promise;
      throw new KubesentimentError('KS_BROKER_UNREACHABLE', 'Nobody answers.');
    },
  });
  const { call } = await startServer(t, fakeView(), { dlq });
  const first = call('/api/v1/dlq');
  await entered.promise;
  const second = await call('/api/v1/dlq/stats');
  assert.deepEqual([second.status, second.headers['retry-after']], [429, '1']);
  released.resolve();
  const { status, json } = await first;
  assert.deepEqual([status, json.error.code], [503, 'KS_BROKER_UNREACHABLE']);
  assert.equal((await call('/api/v1/dlq/stats')).status, 200);
});

test('a failed replay is in the audit log too', async (t) => {
  const { lines, logger } = recordingLogger();
  const gone = new KubesentimentError('KS_BROKER_UNREACHABLE', 'Nobody answers.');
  const { dlq } = fakeDlq({ replay: () => Promise.reject(gone) });
  const { call } = await startServer(t, fakeView(), { dlq, logger, token });
  assert.equal((await call('/api/v1/dlq/replay', postJson({}, headers))).status, 503);
  const audit = lines.find(([event]) => event === 'http_audit')?.[1];
  assert.deepEqual([audit?.['status'], /Nobody answers/.test(String(audit?.['reason']))], [503, true]);
});

test('without a dead-letter topic these routes do not exist', async (t) => {
  const { call } = await startServer(t, fakeView());
  assert.equal((await call('/api/v1/dlq')).status, 404);
});
