import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Admission } from '../../../src/http/admission.ts';
import { Door } from '../../../src/http/door.ts';
import { sendRaw } from './fixture.ts';

const refusal = 'HTTP/1.1 429 Too Many Requests\r\nconnection: close\r\ncontent-length: 0\r\n\r\n';
const request = 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
/** Longer than any test. */
const FOR_EVER = 3_600_000;

/** A server that lets two connections of an address in; the clock of its admission stands still. */
async function guarded(t: TestContext, { heldMs = FOR_EVER, heldMax = 10 } = {}) {
  const admission = new Admission({ perSecond: 1, now: () => 0 });
  const door = new Door({ admission, heldMs, heldMax, refusal });
  let requests = 0;
  const server: Server = createServer((_request, response) => {
    requests++;
    response.end('in');
  });
  const seen: Socket[] = [];
  server.on('connection', (socket) => seen.push(socket));
  door.guard(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    door.close();
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
  return { door, port, open, seen, requests: () => requests };
}

/** What comes until the connection is closed. */
async function answerOf(socket: Socket): Promise<string> {
  let answer = '';
  socket.on('data', (bytes) => {
    answer += bytes;
  });
  await once(socket, 'close');
  return answer;
}

test('what an address asks too often gets its answer late, and nobody has read it', async (t) => {
  const { port, seen, requests } = await guarded(t, { heldMs: 40 });
  for (let i = 0; i < 2; i++) assert.match(await sendRaw(port, request), /^HTTP\/1\.1 200 /);
  const startedAt = performance.now();
  assert.equal(await sendRaw(port, request), refusal);
  assert.ok(performance.now() - startedAt >= 29, 'three quarters of the time at least');
  assert.equal(requests(), 2);
  assert.equal(seen.length, 2, 'no other listener heard of it');
});

test('one address that waits outside does not keep another from coming in', async (t) => {
  const { open } = await guarded(t);
  for (let i = 0; i < 8; i++) await open();
  const other = await open('127.0.0.2');
  other.write(request);
  assert.match(await answerOf(other), /^HTTP\/1\.1 200 /);
});

test('the first request of a connection has been paid for at the door, the next has not', async (t) => {
  const { door, open, seen } = await guarded(t);
  await open();
  while (seen.length < 1) await sleep(1);
  const [socket] = seen as [Socket];
  assert.ok(door.admits(socket, 1, 0));
  assert.ok(door.admits(socket, 1, 0), 'the second and last of what the address has');
  assert.ok(!door.admits(socket, 1, 0));
});

test('outside there is room for some: who has sent nothing makes room, who has asked does not', async (t) => {
  const { open } = await guarded(t, { heldMax: 2 });
  for (let i = 0; i < 2; i++) await open();
  const idle = await open();
  const asking = await open();
  asking.write(request);
  const closed = once(idle, 'close');
  idle.resume();
  asking.resume();
  const next = await open();
  next.write(request);
  await closed;
  const last = await open();
  last.write(request);
  assert.equal(await answerOf(last), '');
  assert.equal(asking.readyState, 'open');
});

test('closing the door sends all away who wait outside, and those who come then', async (t) => {
  const { door, open } = await guarded(t);
  for (let i = 0; i < 2; i++) await open();
  const waiting = await open();
  const closed = answerOf(waiting);
  const other = await open('127.0.0.2');
  other.write(request);
  await answerOf(other); // by then the door has seen all of them
  assert.equal(waiting.readyState, 'open');
  door.close();
  assert.equal(await closed, '');
  assert.equal(await answerOf(await open()), '');
});
