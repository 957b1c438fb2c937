import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { EventStream, eventFrame } from '../../../src/http/event-stream.ts';
import { limits } from '../../../src/http/limits.ts';
import { fakeView, startServer } from './fixture.ts';

/** A stream behind a bare server; each connection follows at once. */
async function serve(t: TestContext, stream: EventStream) {
  const responses: ServerResponse[] = [];
  const server = createServer((_request, response) => {
    responses.push(response);
    stream.follow(response, {}, eventFrame('hello', {}));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => {
    stream.close();
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return async (): Promise<Socket> => {
    const socket = connect(port, '127.0.0.1');
    t.after(() => socket.destroy());
    socket.on('error', () => undefined);
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await once(socket, 'readable');
    return socket;
  };
}

test('a frame is one line of data, whatever is in it', () => {
  const frame = eventFrame('sample', { text: 'a\nb\r\n\u2028 data: x' });
  assert.equal(frame.split('\n').length, 4);
  assert.ok(frame.endsWith('\n\n'));
});

test('who does not read is dropped, whoever reads stays', async (t) => {
  const stream = new EventStream({ followersMax: 4, followerBytesMax: 64 * 1024 });
  const follow = await serve(t, stream);
  const reader = await follow();
  reader.resume();
  const sleeper = await follow();
  sleeper.pause();
  const closed = once(sleeper, 'close');
  assert.equal(stream.followers, 2);
  const frame = eventFrame('sample', 'x'.repeat(256 * 1024));
  // Far more than the buffers of the kernel hold.
  for (let sent = 0; sent < 400 && stream.dropped === 0; sent++) {
    stream.send(frame);
    await sleep(1);
    while (reader.bytesRead < sent * frame.length) await sleep(1);
  }
  assert.equal(stream.dropped, 1);
  assert.equal(stream.followers, 1);
  sleeper.resume();
  await closed;
  assert.equal(reader.destroyed, false);
});

test('a follower that leaves is forgotten', async (t) => {
  const stream = new EventStream({ followersMax: 4, followerBytesMax: 1024 });
  const follow = await serve(t, stream);
  (await follow()).destroy();
  while (stream.followers > 0) await sleep(1);
});

test('the page is followed by so many and no more; each is told first how it came to be', async (t) => {
  const { call, port } = await startServer(t, fakeView());
  const sockets: Socket[] = [];
  t.after(() => {
    for (const socket of sockets) socket.destroy();
  });
  for (let i = 0; i < limits.followersMax; i++) {
    const socket = connect(port, '127.0.0.1');
    sockets.push(socket);
    socket.write('GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const [first] = (await once(socket, 'data')) as [Buffer];
    assert.match(
      String(first),
      /^HTTP\/1\.1 200 .*content-type: text\/event-stream.*event: hello\ndata: {/is,
    );
    assert.match(String(first), /x-frame-options: DENY/i);
  }
  const refused = await call('/api/v1/events');
  assert.deepEqual([refused.status, refused.json.error.code], [429, 'HTTP_OVERLOADED']);
  sockets[0]?.destroy();
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    sockets.push(socket);
    socket.write('GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    if (String(answer).startsWith('HTTP/1.1 200')) break;
  }
});
