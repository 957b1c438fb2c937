import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConsumerControl } from '../../../../src/http/service-view.ts';
import type { LogEvent } from '../../../../src/log-events.ts';
import type { PauseSelection } from '../../../../src/pauses.ts';
import { fakeView, postJson, startServer } from '../fixture.ts';

const token = 'a-token-of-some-length-0123456789';
const headers = { authorization: `Bearer ${token}` };

function recorder() {
  const asked: [string, PauseSelection][] = [];
  const lines: [LogEvent, Record<string, unknown>][] = [];
  const write = (event: LogEvent, fields: object = {}) => void lines.push([event, { ...fields }]);
  const paused = [{ topic: 'requests', partition: 3 }];
  const control: ConsumerControl = {
    pause: (selection) => {
      asked.push(['pause', selection]);
      return paused;
    },
    resume: (selection) => {
      asked.push(['resume', selection]);
      return [];
    },
  };
  return { asked, lines, control, logger: { debug: write, info: write, warn: write, error: write } };
}

test('pause and resume reach the consumer, answer with what is paused, and are audited', async (t) => {
  const { asked, lines, control, logger } = recorder();
  const { call } = await startServer(t, fakeView(), { control, token, logger });
  const paused = await call('/api/v1/consumer/pause', postJson({ topic: 'requests', partition: 3 }, headers));
  assert.deepEqual([paused.status, paused.json], [200, { paused: [{ topic: 'requests', partition: 3 }] }]);
  const resumed = await call('/api/v1/consumer/resume', postJson({}, headers));
  assert.deepEqual([resumed.status, resumed.json], [200, { paused: [] }]);
  assert.deepEqual(asked, [
    ['pause', { topic: 'requests', partition: 3 }],
    ['resume', { topic: undefined, partition: undefined }],
  ]);
  const [first, second] = lines.filter(([event]) => event === 'http_audit').map(([, fields]) => fields);
  assert.deepEqual(
    [first?.['route'], first?.['partition'], first?.['paused']],
    ['/api/v1/consumer/pause', 3, 1],
  );
  assert.deepEqual([second?.['route'], second?.['paused']], ['/api/v1/consumer/resume', 0]);
});

test('nobody pauses without the token, or where none is configured', async (t) => {
  const { asked, control } = recorder();
  const guarded = await startServer(t, fakeView(), { control, token });
  assert.equal((await guarded.call('/api/v1/consumer/pause', postJson({}))).status, 401);
  const open = await startServer(t, fakeView(), { control });
  assert.equal((await open.call('/api/v1/consumer/pause', postJson({}))).status, 403);
  assert.deepEqual(asked, []);
});

test('what is no selection is refused', async (t) => {
  const { asked, control } = recorder();
  const { call } = await startServer(t, fakeView(), { control, token });
  for (const body of [{ partition: -1 }, { partition: '3' }, { topic: 7 }, { topics: ['a'] }, []]) {
    const { status } = await call('/api/v1/consumer/pause', postJson(body, headers));
    assert.equal(status, 400, JSON.stringify(body));
  }
  assert.deepEqual(asked, []);
});
