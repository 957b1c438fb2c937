import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { createHttpServer } from '../../../src/http/server.ts';
import { gate } from '../../helpers/gate.ts';
import { fakeView, postJson, startServer } from './fixture.ts';

test('a port in use is reported with a remedy', async (t) => {
  const { port } = await startServer(t, fakeView());
  const second = createHttpServer({ host: '127.0.0.1', port, view: fakeView() });
  await assert.rejects(second.start(), {
    code: 'KS_HTTP_LISTEN',
    message: `Cannot listen on 127.0.0.1:${port} (EADDRINUSE).`,
    remedy: /http\.port/,
  });
  await second.stop();
});

test('a running request gets its response before the server stops', async () => {
  const entered = gate();
  const released = gate();
  const view = fakeView();
  const predict = async (texts: readonly string[]) => {
    entered.resolve();
    await released.promise;
    return view.predict(texts);
  };
  const server = createHttpServer({ host: '127.0.0.1', port: 0, view: { ...view, predict } });
  const { port } = await server.start();
  const url = `http://127.0.0.1:${port}`;
  const { method, headers, body } = postJson({ text: 'x' });
  const response = fetch(`${url}/api/v1/predict`, {
    method: method as string,
    headers: headers ?? {},
    body: String(body),
  });
  await entered.promise;
  const stopped = server.stop();
  released.resolve();
  assert.equal((await response).status, 200);
  await stopped;
  await assert.rejects(fetch(`${url}/livez`));
});

test('a connection that never finishes its request does not block the stop', async () => {
  const server = createHttpServer({ host: '127.0.0.1', port: 0, view: fakeView() });
  const { port } = await server.start();
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  const closed = once(socket, 'close');
  socket.write('POST /api/v1/predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n');
  socket.write('Content-Length: 100\r\nExpect: 100-continue\r\n\r\n{"te');
  const [continued] = (await once(socket, 'data')) as [Buffer]; // the server has the request now
  assert.match(String(continued), /^HTTP\/1\.1 100 /);
  socket.resume();
  await server.stop();
  await closed;
});

test('a server that was never started can be stopped', async () => {
  await createHttpServer({ host: '127.0.0.1', port: 0, view: fakeView() }).stop();
});
