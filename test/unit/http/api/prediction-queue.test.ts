import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';
import { limits } from '../../../../src/http/limits.ts';
import { PredictionQueue } from '../../../../src/http/api/prediction-queue.ts';
import { gate } from '../../../helpers/gate.ts';
import { fakeView, postJson, startServer } from '../fixture.ts';

const path = '/api/v1/predict';
const never = new AbortController().signal;

/** A service whose predictions wait for `release`. */
function gated() {
  const view = fakeView();
  const released = gate();
  let running = 0;
  const full = gate<void>();
  const predict = async (texts: readonly string[]) => {
    if (++running === limits.predictionsMax) full.resolve();
    await released.promise;
    return view.predict(texts);
  };
  return { view: { ...view, predict }, release: released.resolve, full: full.promise };
}

test('predictions beyond the limit get a 429 with Retry-After until others are done', async (t) => {
  const { view, release, full } = gated();
  const { call } = await startServer(t, view);
  const running = Array.from({ length: limits.predictionsMax }, () => call(path, postJson({ text: 'x' })));
  await full;
  const rejected = await call(path, postJson({ text: 'x' }));
  assert.deepEqual([rejected.status, rejected.json.error.code], [429, 'HTTP_OVERLOADED']);
  assert.equal(rejected.headers['retry-after'], '1');
  assert.equal((await call('/livez')).status, 200);
  release();
  for (const { status } of await Promise.all(running)) assert.equal(status, 200);
  assert.equal((await call(path, postJson({ text: 'x' }))).status, 200);
});

test('pending texts are bounded across requests, but an empty queue accepts a request of any size', async () => {
  const { queue, opened } = closedQueue(3);
  const first = queue.predict(['a', 'b', 'c', 'd'], never);
  await assert.rejects(queue.predict(['e'], never), { code: 'HTTP_OVERLOADED' });
  assert.deepEqual(await queue.predict([], never), []);
  opened.resolve();
  assert.equal((await first).length, 4);
  assert.equal((await queue.predict(['e'], never)).length, 1);
});

test('a text that is to be explained counts as many', async () => {
  const { queue, opened } = closedQueue(200);
  const first = queue.predict(['a'], never, true);
  await assert.rejects(queue.predict(['b'], never, true), { code: 'HTTP_OVERLOADED' });
  const second = queue.predict(['b'], never);
  opened.resolve();
  assert.deepEqual([(await first).length, (await second).length], [1, 1]);
  assert.equal((await queue.predict(['c'], never, true)).length, 1);
});

test('a prediction is cancelled when its client disconnects', async (t) => {
  const started = gate<AbortSignal>();
  const aborted = gate<void>();
  const view = fakeView({
    predict: async (_texts, signal) => {
      started.resolve(signal as AbortSignal);
      signal?.addEventListener('abort', () => aborted.resolve());
      await aborted.promise;
      return [];
    },
  });
  const { port } = await startServer(t, view);
  const { headers = {}, body } = postJson({ text: 'x' });
  const outgoing = request({ host: '127.0.0.1', port, path, method: 'POST', headers, agent: false });
  outgoing.on('error', () => undefined);
  outgoing.end(body);
  assert.equal((await started.promise).aborted, false, 'the client is still connected');
  outgoing.destroy();
  await aborted.promise;
});

/** Answers nothing before it is opened. */
function closedQueue(pendingTextsMax: number) {
  const opened = gate<void>();
  const view = fakeView();
  const predict = async (texts: readonly string[]) => {
    await opened.promise;
    return view.predict(texts);
  };
  return { opened, queue: new PredictionQueue({ predict, predictionsMax: 10, pendingTextsMax }) };
}
