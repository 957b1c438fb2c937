import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { ConnectionThrottle } from '../../../../src/http/access/connection-throttle.ts';
import { RateLimiter } from '../../../../src/http/access/rate-limiter.ts';
import { sendRaw } from '../fixture.ts';

const rejection = 'HTTP/1.1 429 Too Many Requests\r\nconnection: close\r\ncontent-length: 0\r\n\r\n';
const request = 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
/** Longer than any test. */
const NEVER_MS = 3_600_000;

/** A throttled server that allows two connections per address: the clock of its rate limiter stands still. */
async function throttled(t: TestContext, { throttleDelayMs = NEVER_MS, throttledMax = 10 } = {}) {
  const rateLimiter = new RateLimiter({ perSecond: 1, now: () => 0 });
  const throttle = new ConnectionThrottle({
    rateLimiter,
    throttleDelayMs,
    throttledMax,
    rejection: () => rejection,
  });
  let requests = 0;
  const server: Server = createServer((_request, response) => {
    requests++;
    response.end('ok');
  });
  const accepted: Socket[] = [];
  server.on('connection', (socket) => accepted.push(socket));
  throttle.attach(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    throttle.close();
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const open = async (localAddress = '127.0.0.1'): Promise<Socket> => {
    const socket = connect({ port, host: '127.0.0.1', localAddress });
    t.after(() => socket.destroy());
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  };
  /** A whole exchange. Connections are accepted in order, so the server has seen the earlier ones afterwards. */
  const exchange = async (localAddress: string): Promise<string> => {
    const socket = await open(localAddress);
    socket.write(request);
    return responseOf(socket);
  };
  return { throttle, server, port, open, exchange, accepted, requests: () => requests };
}

/** Everything that is received until the connection is closed. */
async function responseOf(socket: Socket): Promise<string> {
  let response = '';
  socket.on('data', (bytes) => {
    response += bytes;
  });
  await once(socket, 'close');
  return response;
}

test('a connection above the limit gets its response late, and nothing reads it', async (t) => {
  const { port, open, exchange, accepted, requests } = await throttled(t, { throttleDelayMs: 1_000 });
  for (let i = 0; i < 2; i++) assert.match(await sendRaw(port, request), /^HTTP\/1\.1 200 /);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const rejected = await open();
  const response = responseOf(rejected);
  rejected.write(request);
  await exchange('127.0.0.2');
  t.mock.timers.tick(749);
  await exchange('127.0.0.2');
  assert.equal(rejected.readyState, 'open', 'the delay is at least three quarters of the configured one');
  t.mock.timers.tick(502);
  assert.equal(await response, rejection);
  assert.equal(requests(), 4);
  assert.equal(accepted.length, 4, 'no other listener saw the connection');
});

test('delayed connections of one address do not affect another address', async (t) => {
  const { open, exchange } = await throttled(t);
  for (let i = 0; i < 8; i++) await open();
  assert.match(await exchange('127.0.0.2'), /^HTTP\/1\.1 200 /);
});

test('at the limit of delayed connections, a silent one makes room and one with a request does not', async (t) => {
  const { open } = await throttled(t, { throttledMax: 2 });
  for (let i = 0; i < 2; i++) await open();
  const silent = await open();
  const active = await open();
  active.write(request);
  const closed = once(silent, 'close');
  silent.resume();
  active.resume();
  const next = await open();
  next.write(request);
  await closed;
  const last = await open();
  last.write(request);
  assert.equal(await responseOf(last), '');
  assert.equal(active.readyState, 'open');
});

test('close() closes delayed connections, and from then on those above the limit', async (t) => {
  const { throttle, open, exchange } = await throttled(t);
  for (let i = 0; i < 2; i++) await open();
  const delayed = await open();
  const closed = responseOf(delayed);
  await exchange('127.0.0.2');
  assert.equal(delayed.readyState, 'open');
  throttle.close();
  assert.equal(await closed, '');
  assert.equal(await responseOf(await open()), '');
});
