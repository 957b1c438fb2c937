import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { EventStream, eventFrame } from '../../../../src/http/live/event-stream.ts';
import { setTimeout as sleep } from 'node:timers/promises';

/** A bare server that subscribes every connection to the stream. */
async function serve(t: TestContext, stream: EventStream) {
  const responses: ServerResponse[] = [];
  const server = createServer((_request, response) => {
    responses.push(response);
    stream.subscribe(response, {}, eventFrame('hello', {}));
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

test('a frame has one line of data, whatever it contains', () => {
  const frame = eventFrame('sample', { text: 'a\nb\r\n\u2028 data: x' });
  assert.equal(frame.split('\n').length, 4);
  assert.ok(frame.endsWith('\n\n'));
});

test('a subscriber that does not read is dropped, one that reads stays', async (t) => {
  const stream = new EventStream({ subscribersMax: 4, subscriberBytesMax: 64 * 1024 });
  const subscribe = await serve(t, stream);
  const reader = await subscribe();
  reader.resume();
  const stalled = await subscribe();
  stalled.pause();
  const closed = once(stalled, 'close');
  assert.equal(stream.subscribers, 2);
  const frame = eventFrame('sample', 'x'.repeat(256 * 1024));
  // Far more than the kernel buffers.
  for (let sent = 0; sent < 400 && stream.dropped === 0; sent++) {
    stream.send(frame);
    await sleep(1);
    while (reader.bytesRead < sent * frame.length) await sleep(1);
  }
  assert.equal(stream.dropped, 1);
  assert.equal(stream.subscribers, 1);
  stalled.resume();
  await closed;
  assert.equal(reader.destroyed, false);
});

test('a subscriber that disconnects is removed', async (t) => {
  const stream = new EventStream({ subscribersMax: 4, subscriberBytesMax: 1024 });
  const subscribe = await serve(t, stream);
  (await subscribe()).destroy();
  while (stream.subscribers > 0) await sleep(1);
});
