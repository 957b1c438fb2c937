/** A broker that requires TLS, a client certificate or a login: every way in works, every wrong one is one sentence. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { noOpenssl } from '../helpers/certificates.ts';
import { waitForDelivery } from '../helpers/delivery.ts';
import { noBroker, uniqueName } from '../helpers/kafka-broker.ts';
import { produceAll } from '../helpers/kafka-client.ts';
import { type Listener, type SecureBroker, startSecureBroker } from '../helpers/secure-broker.ts';
import {
  type ServiceProcess,
  type Settings,
  startCommand,
  startService,
  testSettings,
} from '../helpers/service-process.ts';
import { topicSettings, uniqueTopics } from '../helpers/topics.ts';

const skip = noBroker || noOpenssl;
const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-connections-'));
let broker: SecureBroker;
after(async () => {
  await broker?.kill();
  rmSync(folder, { recursive: true, force: true });
});

/** Never in a log, whatever goes wrong. */
const scramPassword = 'scram-password-4711';
const clientSecret = 'client-secret-0042';
const wrongPassword = 'not-the-password-1234';
const secrets = [scramPassword, clientSecret, wrongPassword, 'plain-password-0815'];

function login(mechanism: string, username: string, password: string): Settings {
  return {
    'kafka.sasl_mechanism': mechanism,
    'kafka.sasl_plain_username': username,
    'kafka.sasl_plain_password': password,
  };
}

function settingsFor(listener: Listener, more: Settings = {}): Settings {
  return {
    'kafka.bootstrap_servers': broker.addressOf(listener),
    'kafka.security_protocol': listener === 'LOGIN' ? 'SASL_SSL' : 'SSL',
    'kafka.ssl_cafile': broker.authority.certificate,
    'kafka.consumer_threads': 1,
    ...more,
  };
}

async function makeTopics() {
  const topics = uniqueTopics();
  for (const topic of Object.values(topics)) await broker.createTopic(topic, 1);
  const settings: Settings = {
    ...topicSettings(topics),
    'kafka.consumer_group': uniqueName('group'),
  };
  const send = (count: number) =>
    produceAll(
      broker.bootstrapServers,
      topics.requests,
      Array.from({ length: count }, (_, i) => ({ value: `{"text":"Number ${i} is good"}` })),
    );
  return { topics, settings, send };
}

/**
 * Tokens without a signature, which the broker's default validator takes; they live for a few seconds, and never
 * for less than they say: `exp` is in whole seconds.
 */
async function startTokenEndpoint(lifetimeS: number) {
  let issued = 0;
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const server = createServer((request, response) => {
    const expected = `Basic ${Buffer.from(`dora:${clientSecret}`).toString('base64')}`;
    if (request.method !== 'POST' || request.headers.authorization !== expected) {
      response.writeHead(401).end('{"error":"invalid_client"}');
      return;
    }
    issued++;
    const now = Math.floor(Date.now() / 1000);
    const token = `${part({ alg: 'none' })}.${part({ sub: 'dora', iat: now - 1, exp: now + 1 + lifetimeS })}.`;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ access_token: token, token_type: 'Bearer', expires_in: lifetimeS }));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
  return { url, issued: () => issued, close: () => server.close() };
}

function oauth(url: string, secret: string): Settings {
  return {
    'kafka.sasl_mechanism': 'OAUTHBEARER',
    'kafka.sasl_oauth_token_endpoint_url': url,
    'kafka.sasl_oauth_client_id': 'dora',
    'kafka.sasl_oauth_client_secret': secret,
    'kafka.allow_insecure': true, // the endpoint speaks plain HTTP, on loopback
  };
}

function assertNoSecret(log: string): void {
  for (const secret of secrets) assert.ok(!log.includes(secret), log);
}

function writeSecret(name: string, password: string): string {
  const path = join(folder, name);
  writeFileSync(path, `${password}\n`);
  return path;
}

/** The password is in a file, as a secret of Kubernetes is. */
function startWithFile(passwordFile: string, settings: Settings): ServiceProcess {
  const config = `${passwordFile}.yaml`;
  writeFileSync(config, `kafka:\n  sasl_plain_password: '\${file:${basename(passwordFile)}}'\n`);
  const { 'kafka.sasl_plain_password': _, ...others } = { ...testSettings, ...settings };
  const set = Object.entries(others).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
  return startCommand(['consume', '--config', config, ...set]);
}

async function assertFlows(settings: Settings, until: () => boolean = () => true): Promise<void> {
  const { topics, settings: names, send } = await makeTopics();
  await send(20);
  const service = startService({ ...settings, ...names });
  const { results, lost, doubled } = await waitForDelivery(broker.bootstrapServers, topics, 20, 120_000);
  while (!until()) await sleep(100);
  service.kill('SIGTERM');
  assert.equal(await service.exited, 0, service.log());
  assert.deepEqual([results.length, lost, doubled], [20, [], []], service.log());
  assertNoSecret(service.log());
}

async function assertRefused(settings: Settings, sentence: RegExp): Promise<void> {
  const service = startService({ ...settings, ...(await makeTopics()).settings });
  assert.equal(await service.exited, 1, service.log());
  const lines = service.log().split('\n');
  const plain = lines.filter((line) => line !== '' && !line.startsWith('{'));
  assert.equal(plain.length, 1, service.log());
  assert.match(String(plain[0]), sentence);
  assert.ok(lines.length < 60, 'a few lines, no storm');
  assertNoSecret(service.log());
}

describe('connections', { skip, concurrency: 1 }, () => {
  test('the broker starts', async () => {
    broker = await startSecureBroker(folder);
    broker.setScramPassword('bob', scramPassword);
    broker.setScramPassword('carol', scramPassword, 'SCRAM-SHA-512');
    broker.setScramPassword('eve', scramPassword);
  });

  test('TLS', () => assertFlows(settingsFor('TLS')));

  test('mutual TLS', () => {
    const { certificate, key } = broker.client;
    return assertFlows(settingsFor('MTLS', { 'kafka.ssl_certfile': certificate, 'kafka.ssl_keyfile': key }));
  });

  test('PLAIN', () =>
    assertFlows(settingsFor('LOGIN', login('PLAIN', broker.plain.user, broker.plain.password))));

  test('SCRAM-SHA-256', () =>
    assertFlows(settingsFor('LOGIN', login('SCRAM-SHA-256', 'bob', scramPassword))));

  test('SCRAM-SHA-512', () =>
    assertFlows(settingsFor('LOGIN', login('SCRAM-SHA-512', 'carol', scramPassword))));

  test('OAUTHBEARER, with tokens that are renewed', async () => {
    const endpoint = await startTokenEndpoint(4);
    try {
      const clients = 2;
      const renewed = (): boolean => endpoint.issued() >= 2 * clients;
      await assertFlows(settingsFor('LOGIN', oauth(endpoint.url, clientSecret)), renewed);
      await assertRefused(
        settingsFor('LOGIN', oauth(endpoint.url, wrongPassword)),
        /gives no token \(HTTP 401\)/,
      );
    } finally {
      endpoint.close();
    }
  });

  test('a broker that cannot be trusted', async () => {
    const stranger = { 'kafka.ssl_cafile': broker.client.certificate };
    await Promise.all([
      assertRefused(settingsFor('EXPIRED'), /cannot be trusted\. .*has expired\. Check ssl_cafile/),
      assertRefused(settingsFor('OTHERHOST'), /cannot be trusted\. .*another host name\./),
      assertRefused(settingsFor('TLS', stranger), /cannot be trusted\. .*not signed by an authority/),
    ]);
  });

  test('a client that is not let in', async () => {
    const refused = /refuses the login\. Check sasl_mechanism/;
    await Promise.all([
      assertRefused(settingsFor('MTLS'), /does not accept our certificate\. Check ssl_certfile/),
      assertRefused(settingsFor('LOGIN', login('PLAIN', 'alice', wrongPassword)), refused),
      assertRefused(settingsFor('LOGIN', login('SCRAM-SHA-256', 'bob', wrongPassword)), refused),
    ]);
    const { settings } = await makeTopics();
    broker.allowOnly('User:alice', 'All', '--topic', String(settings['kafka.topic']));
    const service = startService({
      ...settingsFor('LOGIN', login('SCRAM-SHA-256', 'bob', scramPassword)),
      ...settings,
    });
    assert.equal(await service.exited, 1, service.log());
    assert.match(service.log(), /does not exist\. Create it, .*or give the user the right to see it\./);
  });

  test('a password file is changed and then the broker, or the other way round: the process goes on', async () => {
    const { topics, settings, send } = await makeTopics();
    const file = writeSecret('password-of-eve', scramPassword);
    const service = startWithFile(file, {
      ...settingsFor('LOGIN', login('SCRAM-SHA-256', 'eve', '')),
      ...settings,
    });
    await service.waitFor('partitions_assigned');
    await send(20);
    const newPassword = 'scram-password-4713';
    writeFileSync(file, newPassword);
    await service.waitFor('credentials_rejected'); // the broker does not know of it
    broker.setScramPassword('eve', newPassword);
    await send(20);
    await service.waitFor('credentials_renewed');
    await broker.restart(); // now everybody must log in again
    await send(20);
    const { results, lost, doubled } = await waitForDelivery(broker.bootstrapServers, topics, 60, 120_000);
    service.kill('SIGTERM');
    assert.equal(await service.exited, 0, service.log());
    assert.deepEqual([results.length, lost, doubled], [60, [], []], service.log());
    assertNoSecret(service.log());
  });

  test('a certificate is replaced while messages flow; one without its key is not taken', async () => {
    const { topics, settings, send } = await makeTopics();
    const certificate = join(folder, 'own.pem');
    const key = join(folder, 'own.key');
    copyFileSync(broker.client.certificate, certificate);
    copyFileSync(broker.client.key, key);
    const own = { 'kafka.ssl_certfile': certificate, 'kafka.ssl_keyfile': key };
    const service = startService({ ...settingsFor('MTLS', own), ...settings });
    await service.waitFor('partitions_assigned');
    await send(20);
    const next = broker.authority.issue('next-client', 'DNS:client');
    copyFileSync(next.certificate, certificate);
    await service.waitFor('credentials_rejected');
    assert.match(service.log(), /certificates cannot be used: .*key values mismatch/);
    await send(20);
    copyFileSync(next.key, key);
    await service.waitFor('credentials_renewed');
    await send(20);
    const { results, lost, doubled } = await waitForDelivery(broker.bootstrapServers, topics, 60, 120_000);
    service.kill('SIGTERM');
    assert.equal(await service.exited, 0, service.log());
    assert.deepEqual([results.length, lost, doubled], [60, [], []], service.log());
  });

  test('a password is changed while messages flow: none is lost, none comes twice', async () => {
    const { topics, settings, send } = await makeTopics();
    const passwordFile = writeSecret('password-of-bob', scramPassword);
    const bob = { ...settingsFor('LOGIN', login('SCRAM-SHA-256', 'bob', '')), ...settings };
    const start = () => startWithFile(passwordFile, bob);

    const first = start();
    await send(20);
    assert.equal((await waitForDelivery(broker.bootstrapServers, topics, 20, 120_000)).results.length, 20);
    const newPassword = 'scram-password-4712';
    broker.setScramPassword('bob', newPassword);
    await send(20); // its connections stay
    assert.equal((await waitForDelivery(broker.bootstrapServers, topics, 40)).results.length, 40);
    await broker.restart(); // now it must log in again, with what it has
    assert.equal(await first.exited, 1, first.log());
    assert.match(
      first.log(),
      /refuses the login or certificate it took before\. Start again with the new password/,
    );

    writeFileSync(passwordFile, `${newPassword}\n`);
    await send(20);
    const second = start();
    const { results, lost, doubled } = await waitForDelivery(broker.bootstrapServers, topics, 60, 120_000);
    second.kill('SIGTERM');
    assert.equal(await second.exited, 0, second.log());
    assert.deepEqual([results.length, lost, doubled], [60, [], []]);
    assertNoSecret(first.log() + second.log());
  });
});
