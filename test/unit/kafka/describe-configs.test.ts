/** Settings of topics and brokers over a wire of our own; the other end is a socket that answers as a broker does. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { requests, ResourceType } from '../../../src/kafka/config-request.ts';
import type { BrokerAccess } from '../../../src/kafka/broker-connection.ts';
import { describeConfigs } from '../../../src/kafka/describe-configs.ts';

/** The body of an answer to the request with this key and body; undefined: the connection is closed instead. */
type Answer = (apiKey: number, body: Buffer) => Buffer | undefined;

async function brokerWith(t: TestContext, answer: Answer): Promise<BrokerAccess> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let bytes = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      while (bytes.length >= 4 && bytes.length >= 4 + bytes.readInt32BE(0)) {
        const request = bytes.subarray(4, 4 + bytes.readInt32BE(0));
        bytes = bytes.subarray(4 + request.length);
        const headerBytes = 10 + request.readInt16BE(8); // key, version, correlation id, client id
        const body = answer(request.readInt16BE(0), request.subarray(headerBytes));
        if (body === undefined) return socket.destroy();
        const content = Buffer.concat([request.subarray(4, 8), body]);
        const whole = Buffer.concat([int32(content.length), content]);
        socket.write(whole.subarray(0, 3)); // a network may cut an answer anywhere
        socket.write(whole.subarray(3));
      }
      return undefined;
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    tls: undefined,
    plain: undefined,
  };
}

const int16 = (value: number): Buffer => Buffer.from([(value >> 8) & 0xff, value & 0xff]);
const int32 = (value: number): Buffer => Buffer.concat([int16(value >> 16), int16(value & 0xffff)]);
const text = (value: string | null): Buffer =>
  value === null ? int16(-1) : Buffer.concat([int16(Buffer.byteLength(value)), Buffer.from(value)]);
const flags = Buffer.alloc(3);

/** As a broker describes one resource. A synonym is another place where the value may come from. */
const described = (name: string, entries: readonly (readonly [string, string | null])[], error = 0): Buffer =>
  Buffer.concat([
    ...[int16(error), text(error === 0 ? null : 'On purpose'), Buffer.of(ResourceType.topic), text(name)],
    int32(entries.length),
    ...entries.flatMap(([key, value]) => [
      ...[text(key), text(value), flags],
      ...[int32(1), text(key), text(value), Buffer.of(5)],
    ]),
  ]);
const answerOf = (...resources: Buffer[]): Buffer =>
  Buffer.concat([int32(0), int32(resources.length), ...resources]);
const topic = (name: string) => ({ type: ResourceType.topic, name });

test('the settings of each resource, by name', async (t) => {
  let asked: Buffer | undefined;
  const access = await brokerWith(t, (apiKey, body) => {
    assert.equal(apiKey, requests.describeConfigs.key);
    asked = Buffer.from(body);
    const results = described('results', [
      ['min.insync.replicas', '2'],
      ['secret', null],
    ]);
    return answerOf(results, described('requests', []));
  });
  const found = await describeConfigs(access, [topic('results'), topic('requests')]);
  assert.deepEqual([...found.keys()], ['results', 'requests']);
  assert.deepEqual(
    [...(found.get('results') ?? [])],
    [
      ['min.insync.replicas', '2'],
      ['secret', null],
    ],
  );
  assert.equal(found.get('requests')?.size, 0);
  assert.equal(asked?.readInt32BE(0), 2);
  assert.ok(asked?.includes('results'));
});

test('a login comes first, and its refusal is a missing right', async (t) => {
  const keys: number[] = [];
  let loginError = 0;
  const access = await brokerWith(t, (apiKey, body) => {
    keys.push(apiKey);
    if (apiKey === requests.saslHandshake.key) return Buffer.concat([int16(0), int32(0)]);
    if (apiKey === requests.describeConfigs.key) return answerOf();
    assert.ok(body.includes('\0me\0secret'));
    return Buffer.concat([int16(loginError), text(null), int32(0)]);
  });
  const plain = { username: 'me', password: 'secret' };
  await describeConfigs({ ...access, plain }, []);
  assert.deepEqual(keys, [
    requests.saslHandshake.key,
    requests.saslAuthenticate.key,
    requests.describeConfigs.key,
  ]);
  loginError = 58;
  await assert.rejects(describeConfigs({ ...access, plain }, []), { code: 'KS_NOT_AUTHORIZED' });
});

for (const [error, code] of [
  [29, 'KS_NOT_AUTHORIZED'],
  [41, 'KS_KAFKA_RETRIABLE'],
] as const) {
  test(`a resource that is refused with ${error} is told with the broker's words`, async (t) => {
    const access = await brokerWith(t, () => answerOf(described('results', [], error)));
    await assert.rejects(describeConfigs(access, [topic('results')]), { code, message: /On purpose/ });
  });
}

test('a broker that hangs up, answers nonsense or is not there cannot be reached', async (t) => {
  const closing = await brokerWith(t, () => undefined);
  await assert.rejects(describeConfigs(closing, []), { code: 'KS_BROKER_UNREACHABLE', message: /closed/ });
  const nonsense = createServer((socket) => socket.resume().end('HTTP/1.1 400 Bad Request'));
  nonsense.listen(0, '127.0.0.1');
  await once(nonsense, 'listening');
  const { port } = nonsense.address() as AddressInfo;
  const gone = { ...closing, port };
  await assert.rejects(describeConfigs(gone, []), { code: 'KS_BROKER_UNREACHABLE' });
  nonsense.close();
  await once(nonsense, 'close');
  await assert.rejects(describeConfigs(gone, []), { code: 'KS_BROKER_UNREACHABLE', message: /ECONNREFUSED/ });
});
