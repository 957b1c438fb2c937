import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { TcpProxy } from '../../chaos/tcp-proxy.ts';

/** A server that sends back what it gets, behind a proxy. */
async function startEcho(t: TestContext): Promise<TcpProxy> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy = await TcpProxy.start((server.address() as AddressInfo).port);
  t.after(() => {
    proxy.close();
    server.close();
  });
  return proxy;
}

async function open(proxy: TcpProxy): Promise<Socket> {
  const socket = connect(proxy.port, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** Reads until as many bytes are there. */
async function read(socket: Socket, bytes: number): Promise<string> {
  let text = '';
  while (text.length < bytes) text += String((await once(socket, 'data'))[0]);
  return text;
}

/** `once` of node:events would reject at the error before it. */
function closeOf(socket: Socket): Promise<void> {
  return new Promise((done) => socket.once('close', () => done()));
}

test('bytes go through in order, also while the delay changes', async (t) => {
  const proxy = await startEcho(t);
  const socket = await open(proxy);
  socket.write('a');
  assert.equal(await read(socket, 1), 'a');
  proxy.mode = { kind: 'slow', delayMs: 30 };
  socket.write('b');
  const startedAt = performance.now();
  setTimeout(() => {
    proxy.mode = { kind: 'pass' };
    socket.write('c');
  }, 10);
  assert.equal(await read(socket, 2), 'bc');
  assert.ok(performance.now() - startedAt >= 25);
  socket.destroy();
});

test('stalled bytes arrive afterwards', async (t) => {
  const proxy = await startEcho(t);
  const socket = await open(proxy);
  proxy.mode = { kind: 'stall' };
  socket.write('late');
  let isOver = false;
  setTimeout(() => {
    isOver = true;
    proxy.mode = { kind: 'pass' };
  }, 60);
  assert.equal(await read(socket, 4), 'late');
  assert.ok(isOver);
  socket.destroy();
});

test('a cut resets open and new connections, until it is over', async (t) => {
  const proxy = await startEcho(t);
  const socket = await open(proxy);
  const closed = closeOf(socket);
  proxy.mode = { kind: 'cut' };
  await closed;
  const refused = connect(proxy.port, '127.0.0.1');
  refused.on('error', () => undefined);
  await closeOf(refused);
  proxy.mode = { kind: 'pass' };
  const again = await open(proxy);
  again.write('x');
  assert.equal(await read(again, 1), 'x');
  again.destroy();
});
