import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { limitConnections } from '../../../../src/http/access/connection-limit.ts';
import { limits } from '../../../../src/http/limits.ts';
import { gate } from '../../../helpers/gate.ts';
import { fakeView, postJson, sendRaw, startServer } from '../fixture.ts';

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
  const excess = idle.slice(0, -limits.connectionsMax);
  for (const socket of idle) socket.resume();
  await Promise.all(excess.map((socket) => socket.closed || once(socket, 'close')));
});

test('clients that never finish their request lock nobody out', async (t) => {
  const { call, port } = await startServer(t, fakeView());
  const headers = 'Host: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{';
  const unfinished = `POST /api/v1/predict HTTP/1.1\r\n${headers}`;
  for (let i = 0; i < limits.connectionsMax + 10; i++)
    await open(t, port, i % 2 === 0 ? unfinished : 'GET / HT');
  assert.equal((await call('/readyz')).status, 200);
});

test('a connection that waits for a response is not closed for a new one', async (t) => {
  const entered = gate();
  const released = gate();
  const view = fakeView();
  const predict = async (texts: readonly string[]) => {
    entered.resolve();
    await released.promise;
    return view.predict(texts);
  };
  const { call, port } = await startServer(t, { ...view, predict });
  const response = call('/api/v1/predict', postJson({ text: 'x' }));
  await entered.promise;
  for (let i = 0; i < limits.connectionsMax + 10; i++) await open(t, port);
  released.resolve();
  assert.equal((await response).status, 200);
});

test('a connection that pipelines too many requests is closed', async (t) => {
  const { port, call } = await startServer(t, fakeView());
  const one = 'GET /health/details HTTP/1.1\r\nHost: localhost\r\n\r\n';
  const few = await sendRaw(port, one.repeat(2) + one.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
  assert.equal(few.match(/HTTP\/1\.1 200/g)?.length, 3);
  const many = await sendRaw(port, one.repeat(500)).catch(() => '');
  assert.ok((many.match(/HTTP\/1\.1 200/g)?.length ?? 0) < 500);
  assert.equal((await call('/livez')).status, 200);
});

test('connections that wait for a 429 are closed for new ones, those that get an answer are not', async (t) => {
  const connectionsMax = 4;
  const sockets: Socket[] = [];
  const answers: ServerResponse[] = [];
  const server = createServer((request, response) => {
    sockets.push(request.socket);
    answers.push(response);
  });
  limitConnections(server, {
    ...{ connectionsMax, pipelinedMax: 1 },
    isDelayed: (socket) => sockets.indexOf(socket) > 0,
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const clients: Socket[] = [];
  for (let i = 0; i < 3 * connectionsMax; i++) {
    clients.push(await open(t, port, 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'));
    while (sockets.length <= i) await once(server, 'request');
  }
  assert.deepEqual(
    sockets.map(({ destroyed }) => destroyed),
    sockets.map((_, i) => i > 0 && i <= sockets.length - connectionsMax),
  );
  answers[0]?.end('served');
  assert.match(String((await once(clients[0] as Socket, 'data'))[0]), /^HTTP\/1\.1 200 .*served/s);
});
