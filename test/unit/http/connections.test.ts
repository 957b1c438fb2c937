import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { limits } from '../../../src/http/limits.ts';
import { gate } from '../../helpers/gate.ts';
import { fakeView, postJson, sendRaw, startServer } from './fixture.ts';

async function open(t: TestContext, port: number, bytes = ''): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  t.after(() => socket.destroy());
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  if (bytes !== '') socket.write(bytes);
  return socket;
}

test('thousands of idle connections lock nobody out', async (t) => {
  const { call, port } = await startServer(t, fakeView());
  const idle: Socket[] = [];
  for (let i = 0; i < 3 * limits.connectionsMax; i++) idle.push(await open(t, port));
  assert.equal((await call('/livez')).status, 200);
  const stillOpen = () => idle.filter(({ readyState }) => readyState === 'open').length;
  for (const socket of idle) socket.resume();
  while (stillOpen() > limits.connectionsMax) await sleep(5);
});

test('clients that never finish their request lock nobody out', async (t) => {
  const { call, port } = await startServer(t, fakeView());
  const headers = 'Host: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{';
  const unfinished = `POST /api/v1/predict HTTP/1.1\r\n${headers}`;
  for (let i = 0; i < limits.connectionsMax + 10; i++)
    await open(t, port, i % 2 === 0 ? unfinished : 'GET / HT');
  assert.equal((await call('/readyz')).status, 200);
});

test('a connection whose request is being answered is not closed for another one', async (t) => {
  const inside = gate();
  const released = gate();
  const view = fakeView();
  const predict = async (texts: readonly string[]) => {
    inside.resolve();
    await released.promise;
    return view.predict(texts);
  };
  const { call, port } = await startServer(t, { ...view, predict });
  const answer = call('/api/v1/predict', postJson({ text: 'x' }));
  await inside.promise;
  for (let i = 0; i < limits.connectionsMax + 10; i++) await open(t, port);
  released.resolve();
  assert.equal((await answer).status, 200);
});

test('requests in one breath are answered up to a number, then the connection ends', async (t) => {
  const { port, call } = await startServer(t, fakeView());
  const one = 'GET /health/details HTTP/1.1\r\nHost: localhost\r\n\r\n';
  const few = await sendRaw(port, one.repeat(2) + one.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
  assert.equal(few.match(/HTTP\/1\.1 200/g)?.length, 3);
  const many = await sendRaw(port, one.repeat(500)).catch(() => '');
  assert.ok((many.match(/HTTP\/1\.1 200/g)?.length ?? 0) < 500);
  assert.equal((await call('/livez')).status, 200);
});

test('headers are counted', async (t) => {
  const { call } = await startServer(t, fakeView());
  const headers = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`x-${i}`, 'a']));
  assert.equal((await call('/livez', { headers: headers(limits.headersMax - 10) })).status, 200);
  const { status, json } = await call('/livez', { headers: headers(limits.headersMax) });
  assert.deepEqual([status, json.error.code], [431, 'HTTP_TOO_MANY_HEADERS']);
});

test('who asks too often waits for a 429 that says so; probes of another address are not touched', async (t) => {
  const { call } = await startServer(t, fakeView(), { requestsPerSecond: 1 });
  const answers = await Promise.all(Array.from({ length: 4 }, () => call('/livez')));
  const statuses = answers.map(({ status }) => status).sort();
  assert.deepEqual(statuses, [200, 200, 429, 429]);
  const late = answers.find(({ status }) => status === 429);
  assert.equal(late?.json.error.code, 'HTTP_OVERLOADED');
  assert.equal(late?.headers['retry-after'], '1');
});

test('of several requests in one breath that are too many one is answered, and nothing complains', async (t) => {
  const warnings: string[] = [];
  const onWarning = ({ message }: Error) => warnings.push(message);
  process.on('warning', onWarning);
  t.after(() => process.off('warning', onWarning));
  const { port } = await startServer(t, fakeView(), { requestsPerSecond: 1 });
  const request = 'GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n';
  const answer = await sendRaw(port, request.repeat(limits.pipelinedMax));
  assert.deepEqual(answer.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 200', 'HTTP/1.1 429']);
  assert.deepEqual(warnings, []);
});
