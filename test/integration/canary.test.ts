/** A canary in two processes, against a real Apache Kafka: its keys, the way back when it goes bad, and promotion. */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { positionOf } from '../../src/canary/key-hash.ts';
import { commandWith, workplace } from '../helpers/command.ts';
import { waitForDelivery } from '../helpers/delivery.ts';
import { makeFaultyModel } from '../helpers/faulty-model.ts';
import { freePort } from '../helpers/free-port.ts';
import { noBroker } from '../helpers/kafka-broker.ts';
import { produceAll } from '../helpers/kafka-client.ts';
import { root } from '../helpers/paths.ts';
import { startCommand } from '../helpers/service-process.ts';

const SHARE = 0.2;
const KEYS = 60;
const token = 'a-token-of-some-length-0123456789';
const keyOf = (i: number): string => `user-${i % KEYS}`;
const isChosen = (key: string): boolean =>
  positionOf({ topic: '', partition: 0, offset: 0, key, value: null, size: 0 }) < SHARE;

interface Result {
  readonly id: string;
  readonly model: string;
}

test('some keys go to the canary, back when it goes bad, and all of them when it is promoted', {
  skip: noBroker,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-canary-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const [old, bad, good] = ['old', 'bad', 'good'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  cpSync(join(root, 'models/default'), old, { recursive: true });
  cpSync(join(root, 'models/default'), good, { recursive: true });
  const config = join(good, 'config.json');
  const content = JSON.parse(readFileSync(config, 'utf8')) as object;
  writeFileSync(config, JSON.stringify({ ...content, max_position_embeddings: 64 })); // another version
  cpSync(join(root, 'models/accurate'), bad, { recursive: true });
  makeFaultyModel(bad);
  const file = join(folder, 'kafka.yaml');
  const write = (model: object): void =>
    writeFileSync(file, JSON.stringify({ model: { max_threads: 1, ...model } }));

  const { bootstrap, topics, settings, createAll } = await workplace();
  await createAll();
  const { 'model.path': _, ...shared } = settings;
  // What the faulty model says is not what it is here for.
  write({ path: old, canary: { path: bad, share: SHARE, max_disagreement: 1, max_slowdown: 1_000 } });
  const start = (port: number) => {
    const set = Object.entries({
      ...shared,
      'http.port': port,
      'http.token': token,
      'kafka.consumer_threads': 1,
    });
    return startCommand([
      'consume',
      '--config',
      file,
      ...set.flatMap(([key, value]) => ['--set', `${key}=${value}`]),
    ]);
  };
  const ports = [await freePort(), await freePort()] as const;
  const commandOf = (port: number) =>
    commandWith({ ...shared, 'http.port': port, 'http.token': token, 'model.path': old });
  const metrics = async (port: number): Promise<string> => {
    const headers = { authorization: `Bearer ${token}` };
    return (await fetch(`http://127.0.0.1:${port}/metrics`, { headers })).text();
  };

  let sent = 0;
  const produce = async (count: number, text: (i: number) => string): Promise<number> => {
    const from = sent;
    const requests = Array.from({ length: count }, (_, i) => ({
      value: JSON.stringify({ id: `r${from + i}`, text: text(from + i) }),
      key: keyOf(from + i),
      partition: ((from + i) % KEYS) % 2,
    }));
    await produceAll(bootstrap, topics.requests, requests);
    sent += count;
    return from;
  };
  const plain = (i: number): string => `It was ${i % 2 ? 'a joy' : 'a bore'}, number ${i}.`;
  /** By id, of everything that was sent. */
  const results = async (): Promise<Map<number, string>> => {
    const {
      lost,
      doubled,
      outOfOrder,
      deadLetters,
      results: records,
    } = await waitForDelivery(bootstrap, topics, sent, 120_000);
    assert.deepEqual([lost, doubled, outOfOrder, deadLetters], [[], [], [], []]);
    const values = records.map(({ value }) => JSON.parse(String(value)) as Result);
    return new Map(values.map(({ id, model }) => [Number(id.slice(1)), model]));
  };
  const assertModels = (found: Map<number, string>, from: number, wanted: (i: number) => string): void => {
    for (let i = from; i < sent; i++) assert.equal(found.get(i), wanted(i), `request ${i}, key ${keyOf(i)}`);
  };

  const services = [start(ports[0])];
  await services[0]?.waitFor('partitions_assigned');
  await produce(600, plain);
  const second = start(ports[1]); // partitions move while the canary answers
  services.push(second);
  await second.waitFor('partitions_assigned');
  await produce(600, plain);
  assertModels(await results(), 0, (i) => (isChosen(keyOf(i)) ? 'bad' : 'old'));

  // It fails on all texts from now on, in both processes.
  const from = await produce(1_200, (i) => `${plain(i)} It is broken.`);
  for (const service of services) await service.waitFor('canary_returned');
  const failing = await results();
  for (let i = from; i < sent; i++) assert.equal(failing.get(i), 'old');
  for (const [i, service] of services.entries()) {
    assert.match(service.log(), /"event":"canary_returned".*"reason":"errors"/);
    const returned = /^sentiment_canary_returned\{.*reason="errors"\} 1$/m;
    assert.match(await metrics(ports[i as 0 | 1]), returned);
    const { json } = await commandOf(ports[i as 0 | 1])('model', 'canary', '--json');
    assert.deepEqual([json.state, json.reason, json.classified > 0], ['returned', 'errors', true]);
  }
  const back = await produce(300, plain);
  assertModels(await results(), back, () => 'old');

  // A better one, by configuration.
  write({ path: old, canary: { path: good, share: SHARE, max_slowdown: 1_000 } });
  for (const service of services) process.kill(service.pid, 'SIGHUP');
  for (const service of services) await service.waitFor('config_reloaded');
  const again = await produce(600, plain);
  assertModels(await results(), again, (i) => (isChosen(keyOf(i)) ? 'good' : 'old'));

  for (const port of ports) {
    const { code, json, stderr } = await commandOf(port)('model', 'canary', '--promote', '--json');
    assert.deepEqual([code, json?.model], [0, 'good'], stderr);
  }
  const promoted = await produce(600, plain);
  assertModels(await results(), promoted, () => 'good');
  write({ path: good });
  for (const service of services) {
    const before = service.log().split('"event":"config_reloaded"').length;
    process.kill(service.pid, 'SIGHUP');
    while (service.log().split('"event":"config_reloaded"').length === before) await sleep(50);
  }
  for (const service of services) {
    const reloads = service.log().match(/"event":"model_reloaded"/g)?.length;
    assert.equal(reloads, 2, 'the canary that came, and the promotion; the configuration says the same now');
    service.kill('SIGTERM');
    assert.equal(await service.exited, 0, service.log());
  }
});
