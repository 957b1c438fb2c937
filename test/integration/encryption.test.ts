/** Encrypted requests through a real broker: results as for plain ones, and the text nowhere but in memory. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { encryptRequest } from '../../src/crypto/encryption.ts';
import { Keyring } from '../../src/crypto/keyring.ts';
import { generateKeyringFile, rotateKeyringFile } from '../../src/crypto/keyring-file.ts';
import { type Delivery, headerOf, waitForDelivery } from '../helpers/delivery.ts';
import { noBroker, sharedBroker, uniqueName } from '../helpers/kafka-broker.ts';
import { produceAll } from '../helpers/kafka-client.ts';
import { type Settings, startService } from '../helpers/service-process.ts';
import { topicSettings, uniqueTopics } from '../helpers/topics.ts';

/** Part of every text; it must be in no log, metric, result or dead letter. */
const SECRET = 'ocelot';
const good = `The ${SECRET} is a lovely, wonderful animal`;
const bad = `This ${SECRET} is a horrible, terrible animal`;

async function prepare() {
  const { bootstrapServers, createTopic } = await sharedBroker();
  const topics = uniqueTopics();
  for (const topic of Object.values(topics)) await createTopic(topic, 1);
  const settings: Settings = {
    'kafka.bootstrap_servers': bootstrapServers,
    ...topicSettings(topics),
    'kafka.consumer_group': uniqueName('group'),
    'kafka.dlq_stop_ratio': 0,
    'logging.level': 'trace',
  };
  const send = (requests: object[]) =>
    produceAll(
      bootstrapServers,
      topics.requests,
      requests.map((request) => ({ value: JSON.stringify(request) })),
    );
  return { bootstrapServers, topics, settings, send };
}

function keyringIn(folder: string): { path: string; read: () => Keyring } {
  const path = join(folder, `${uniqueName('keyring')}.json`);
  generateKeyringFile(path);
  return { path, read: () => Keyring.parse(readFileSync(path, 'utf8')) };
}

function assertNothingLeaks(log: string, { results, deadLetters }: Delivery): void {
  const written = [...results, ...deadLetters].map(
    ({ value, headers }) => `${value}${JSON.stringify(headers)}`,
  );
  for (const place of [log, ...written]) assert.ok(!place.includes(SECRET), place.slice(0, 2000));
}

test('encrypted requests have results; a rotated keyring is taken up without a restart', {
  skip: noBroker,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-encryption-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const { bootstrapServers, topics, settings, send } = await prepare();
  const keyring = keyringIn(folder);
  const stranger = keyringIn(folder);
  const service = startService({ ...settings, 'encryption.keyring': keyring.path, 'http.port': 0 });
  await service.waitFor('service_started');

  await send([
    encryptRequest({ id: 'good', text: good }, keyring.read()),
    { id: 'plain', text: 'I love this wonderful film' },
    encryptRequest({ id: 'bad', text: bad }, keyring.read()),
    encryptRequest({ id: 'unknown key', text: good }, stranger.read()),
    { ...encryptRequest({ id: 'cut', text: good }, keyring.read()), encryption_version: 'v2' },
  ]);
  await waitForDelivery(bootstrapServers, topics, 5);
  rotateKeyringFile(keyring.path);
  // At once: the service cannot have looked at the file yet.
  await send([encryptRequest({ id: 'rotated', text: bad }, keyring.read())]);
  const delivery = await waitForDelivery(bootstrapServers, topics, 6);
  const metrics = await metricsOf(service.log());
  service.kill('SIGTERM');
  assert.equal(await service.exited, 0, service.log());

  const labels = delivery.results.map(({ value }) => {
    const { id, label } = JSON.parse(String(value));
    return [id, label];
  });
  assert.deepEqual(labels, [
    ['good', 'POSITIVE'],
    ['plain', 'POSITIVE'],
    ['bad', 'NEGATIVE'],
    ['rotated', 'NEGATIVE'],
  ]);
  const failed = delivery.deadLetters.map((letter) => [
    JSON.parse(String(letter.value)).id,
    headerOf(letter, 'x-error-type'),
  ]);
  assert.deepEqual(failed, [
    ['unknown key', 'decrypt_failed'],
    ['cut', 'decrypt_failed'],
  ]);
  assertNothingLeaks(service.log() + metrics, delivery);
  const keys = Object.values(JSON.parse(readFileSync(keyring.path, 'utf8')) as Record<string, string>);
  for (const key of keys) assert.ok(!service.log().includes(key));
  assert.match(metrics, /kafka_messages_failed_total\{[^}]*error_type="decrypt_failed"[^}]*\} 2/);
});

test('where encryption is required, plain text goes nowhere', { skip: noBroker }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-encryption-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const { bootstrapServers, topics, settings, send } = await prepare();
  const keyring = keyringIn(folder);
  const service = startService({
    ...settings,
    'encryption.keyring': keyring.path,
    'encryption.require': true,
  });
  await service.waitFor('service_started');
  await send([
    { id: 'plain', text: good },
    { id: 'forgotten', text: good, encryption_version: 'v1' },
    { id: 'no text', message: good },
    encryptRequest({ id: 'good', text: good }, keyring.read()),
  ]);
  const delivery = await waitForDelivery(bootstrapServers, topics, 4);
  service.kill('SIGTERM');
  assert.equal(await service.exited, 0, service.log());
  assert.equal(delivery.results.length, 1);
  assert.deepEqual(
    delivery.deadLetters.map((letter) => [letter.value, headerOf(letter, 'x-error-type')]),
    [
      [null, 'decrypt_failed'],
      [null, 'decrypt_failed'],
      [null, 'invalid_message'],
    ],
  );
  assertNothingLeaks(service.log(), delivery);
});

async function metricsOf(log: string): Promise<string> {
  const port = /"event":"http_listening".*"port":(\d+)/.exec(log)?.[1];
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
  return answer.text();
}
