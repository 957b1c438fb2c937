import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { createHttpServer } from '../../../src/http/server.ts';
import { fakeView, postJson, startServer } from './fixture.ts';

test('a port that is taken is named, with what to do', async (t) => {
  const { port } = await startServer(t, fakeView());
  const second = createHttpServer({ host: '127.0.0.1', port, view: fakeView() });
  await assert.rejects(second.start(), {
    code: 'KS_HTTP_LISTEN',
    message: `Cannot listen on 127.0.0.1:${port} (EADDRINUSE).`,
    remedy: /http\.port/,
  });
  await second.stop();
});

test('a request in progress is answered before the server is gone', async () => {
  let arrived: (() => void) | undefined;
  let release: (() => void) | undefined;
  const inside = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const view = fakeView();
  const predict = async (texts: readonly string[]) => {
    arrived?.();
    await gate;
    return view.predict(texts);
  };
  const server = createHttpServer({ host: '127.0.0.1', port: 0, view: { ...view, predict } });
  const { port } = await server.start();
  const url = `http://127.0.0.1:${port}`;
  const { method, headers, body } = postJson({ text: 'x' });
  const answer = fetch(`${url}/api/v1/predict`, {
    method: method as string,
    headers: headers ?? {},
    body: String(body),
  });
  await inside;
  const stopped = server.stop();
  release?.();
  assert.equal((await answer).status, 200);
  await stopped;
  await assert.rejects(fetch(`${url}/livez`));
});

test('a connection that never finishes its request does not hold up the stop', async () => {
  const server = createHttpServer({ host: '127.0.0.1', port: 0, view: fakeView() });
  const { port } = await server.start();
  const socket = connect(port, '127.0.0.1');
  await new Promise((resolve) => socket.on('connect', resolve));
  socket.on('error', () => undefined);
  const closed = new Promise((resolve) => socket.on('close', resolve));
  socket.write('POST /api/v1/predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n');
  socket.write('Content-Length: 100\r\n\r\n{"te');
  await new Promise((resolve) => setTimeout(resolve, 50));
  await server.stop();
  await closed;
});

test('stopping a server that was never started is fine', async () => {
  await createHttpServer({ host: '127.0.0.1', port: 0, view: fakeView() }).stop();
});
