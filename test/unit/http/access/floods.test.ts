/** Whatever comes from an address, the probes from the same address are answered. */
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { fakeView, sendRaw, startServer } from '../fixture.ts';

const token = 'a-token-of-some-length-0123456789';
const probes = ['/livez', '/readyz', '/health'];

function get(path: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
}

/** Sends without waiting for answers. */
function flood(t: TestContext, port: number, requests: readonly string[]): Promise<unknown> {
  const sockets = requests.map((request): Socket => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.resume();
    socket.write(request);
    return socket;
  });
  t.after(() => {
    for (const socket of sockets) socket.destroy();
  });
  return Promise.all(
    sockets.map((socket) => new Promise((resolve) => socket.once('connect', resolve).once('close', resolve))),
  );
}

test('who loads the page again and again does not starve the probes', async (t) => {
  const { call, port } = await startServer(t, fakeView(), { token, requestsPerSecond: 10 });
  await flood(
    t,
    port,
    Array.from({ length: 40 }, () => get('/page/app.js')),
  );
  for (const path of probes) assert.equal((await call(path)).status, 200, path);
});

test('a flood of any path, odd ones too, leaves the probes their rate', async (t) => {
  const { call, port } = await startServer(t, fakeView(), { token, requestsPerSecond: 20 });
  const odd = ['/%ff', `/api/v1/dlq/${'9'.repeat(101)}/1`, '/metrics', '/api/v1/predict', '/livez/'];
  await flood(
    t,
    port,
    Array.from({ length: 100 }, (_, i) => get(odd[i % odd.length] as string)),
  );
  for (const path of probes) assert.equal((await call(path)).status, 200, path);
  assert.match(
    await sendRaw(port, get('/livez').replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n')),
    / 200 /,
  );
});
