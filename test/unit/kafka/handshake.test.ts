import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createServer } from 'node:tls';
import { type EventSource, HandshakeWatch, Refusals } from '../../../src/kafka/handshake.ts';
import { makeAuthority, noOpenssl } from '../../helpers/certificates.ts';

/** A client of node-rdkafka that connects, and what it says. */
class Client extends EventEmitter {
  readonly globalConfig: object;
  polls = 0;

  constructor(globalConfig: object = {}) {
    super();
    this.globalConfig = globalConfig;
  }

  getClient() {
    return { poll: () => this.polls++ };
  }

  says(event: string, log?: string): void {
    if (log !== undefined) this.emit('event.log', { message: log });
    this.emit('event.error', { message: event });
  }
}

function watch(t: TestContext, client: Client): HandshakeWatch {
  const found = new HandshakeWatch(client as unknown as EventSource);
  t.after(() => found.close());
  return found;
}

test('a login that is refused twice is wrong; once may be a broker that stopped in the middle of it', async (t) => {
  const client = new Client();
  const { refused } = watch(t, client);
  client.says('authentication failure');
  const first = await Promise.race([refused, new Promise((resolve) => setImmediate(resolve, 'nothing'))]);
  assert.equal(first, 'nothing');
  client.says('authentication failure');
  const { code, message } = await refused;
  assert.equal(code, 'KS_NOT_AUTHORIZED');
  assert.equal(message, 'The broker refuses the login.');
});

test('other errors are no refusals, however many', async (t) => {
  const client = new Client();
  const { refused } = watch(t, client);
  for (let i = 0; i < 5; i++) client.says('broker transport failure', 'Connect to ipv4#127.0.0.1:1 failed');
  const found = await Promise.race([refused, new Promise((resolve) => setImmediate(resolve, 'nothing'))]);
  assert.equal(found, 'nothing');
});

test('a broker that does not accept our certificate says so in an alert, whatever the event is called', async (t) => {
  const client = new Client();
  const { refused } = watch(t, client);
  const alert = 'SSL handshake failed: sslv3 alert bad certificate: SSL alert number 42';
  client.says('broker transport failure', alert);
  client.says('broker transport failure');
  assert.equal((await refused).message, 'The broker does not accept our certificate.');
});

for (const [name, names, options, sentence] of [
  ['an expired certificate', 'IP:127.0.0.1', { expired: true }, 'certificate has expired'],
  ['one for another host', 'DNS:example.org', {}, 'for another host name'],
  ['one of another authority', 'IP:127.0.0.1', { other: true }, 'not signed by an authority of ssl_cafile'],
] as const) {
  test(`a broker that cannot be trusted is asked why: ${name}`, { skip: noOpenssl }, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-handshake-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const authority = makeAuthority(folder, 'authority');
    const { certificate, key } = authority.issue('broker', names, { expired: 'expired' in options });
    const server = createServer({ cert: readFileSync(certificate), key: readFileSync(key) });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => server.close());
    const { port } = server.address() as AddressInfo;
    const ours = 'other' in options ? makeAuthority(folder, 'other') : authority;
    const client = new Client({ 'ssl.ca.location': ours.certificate });
    const { refused } = watch(t, client);
    const log = `ssl://127.0.0.1:${port}/1: SSL handshake failed`;
    client.says('ssl error', log);
    client.says('ssl error', log);
    assert.match((await refused).message, new RegExp(sentence));
  });
}

test('a closed watch hears nothing and polls no more', () => {
  const client = new Client();
  const found = new HandshakeWatch(client as unknown as EventSource);
  found.close();
  assert.equal(client.listenerCount('event.error') + client.listenerCount('event.log'), 0);
});

test('refusals of a client that was taken before pass at first, and then are the end', () => {
  const refusals = new Refusals();
  assert.equal(refusals.add(new Error('broker transport failure')), undefined);
  const codes = Array.from({ length: 8 }, () => refusals.add({ message: 'ssl error' })?.code);
  assert.deepEqual(codes, [...Array(7).fill('KS_BROKER_UNREACHABLE'), 'KS_NOT_AUTHORIZED']);
});
