/**
 * The request topic is deleted and created again while it is read. The new topic's requests have never been read,
 * whatever their offsets: each of them is answered exactly once.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { commandWith } from '../helpers/command.ts';
import { freePort } from '../helpers/free-port.ts';
import { noBroker, sharedBroker, uniqueName } from '../helpers/kafka-broker.ts';
import {
  deleteTopic,
  produceAll,
  type ReadRecord,
  readAll,
  readMetadata,
  type TestRecord,
} from '../helpers/kafka-client.ts';
import { type ServiceProcess, type Settings, startService } from '../helpers/service-process.ts';
import { topicSettings, uniqueTopics } from '../helpers/topics.ts';

const PARTITIONS = 4;
const LIMIT_MS = 120_000;

async function scene(settings: Settings) {
  const broker = await sharedBroker();
  const server = broker.bootstrapServers;
  const topics = uniqueTopics();
  for (const topic of Object.values(topics)) await broker.createTopic(topic, PARTITIONS);
  const port = await freePort();
  const all: Settings = {
    'kafka.bootstrap_servers': server,
    ...topicSettings(topics),
    'kafka.consumer_group': uniqueName('group'),
    'kafka.auto_offset_reset': 'latest',
    'model.path': 'null',
    'http.port': port,
    ...settings,
  };
  const start = (): ServiceProcess => startService(all);
  const verify = () => commandWith(all)('verify', '--json');
  const send = (name: string, count: number, partitions: number): Promise<void> => {
    const records: TestRecord[] = Array.from({ length: count }, (_, i) => ({
      value: JSON.stringify({ id: `${name}-${i}`, text: 'fine' }),
      partition: i % partitions,
    }));
    return produceAll(server, topics.requests, records);
  };
  const readiness = async (): Promise<{ ok: boolean; text: string }> => {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
    return { ok: answer?.status === 200, text: (await answer?.text()) ?? '' };
  };
  const until = async (
    what: string,
    service: ServiceProcess,
    isSo: () => Promise<boolean>,
  ): Promise<void> => {
    for (const deadline = performance.now() + LIMIT_MS; !(await isSo()); await sleep(50))
      assert.ok(performance.now() < deadline, `${what}\n${service.log()}`);
  };
  /** Ids that are missing among the results, and those that are there more than once. */
  const answered = async (name: string, count: number): Promise<{ lost: string[]; doubled: string[] }> => {
    const counts = new Map(Array.from({ length: count }, (_, i) => [`${name}-${i}`, 0]));
    for (const record of await readAll(server, topics.results)) {
      const id = idOf(record);
      if (id.startsWith(`${name}-`)) counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    const those = (isWanted: (n: number) => boolean): string[] =>
      [...counts].filter(([, n]) => isWanted(n)).map(([id]) => id);
    return { lost: those((n) => n === 0), doubled: those((n) => n > 1) };
  };
  const allAnswered = async (name: string, count: number, service: ServiceProcess): Promise<void> => {
    let last = await answered(name, count);
    for (
      const deadline = performance.now() + LIMIT_MS;
      last.lost.length > 0;
      last = await answered(name, count)
    ) {
      const few = `${last.lost.length} of ${count} lost: ${last.lost.slice(0, 5)}`;
      assert.ok(performance.now() < deadline, `${few}\n${service.log()}`);
      await sleep(100);
    }
    assert.deepEqual(last.doubled, [], service.log());
  };
  const remove = async (): Promise<void> => {
    await deleteTopic(server, topics.requests);
    while (await exists(server, topics.requests)) await sleep(20);
  };
  const stop = async (service: ServiceProcess): Promise<void> => {
    service.kill('SIGTERM');
    assert.equal(await service.exited, 0, service.log());
  };
  return { broker, topics, start, verify, send, readiness, until, allAnswered, remove, stop };
}

function idOf({ value }: ReadRecord): string {
  return (JSON.parse(String(value)) as { id: string }).id;
}

async function exists(server: string, topic: string): Promise<boolean> {
  const { topics } = await readMetadata(server, topic);
  return (topics.find(({ name }) => name === topic)?.partitions.length ?? 0) > 0;
}

interface Variant {
  readonly settings?: Settings;
  /** Of the new topic. */
  readonly partitions?: number;
  /** How long the topic is gone. */
  readonly goneMs?: number;
  /** How many requests the new topic gets at once; the old one had 400. */
  readonly requests?: number;
}

const variants: Readonly<Record<string, Variant>> = {
  'at once, and soon longer than before': { goneMs: 0, requests: 1_200 },
  'at once, and shorter than before': { goneMs: 0, requests: 120 },
  'after a moment, with more partitions': { goneMs: 300, partitions: 6, requests: 1_200 },
  'after a moment, with fewer partitions': { goneMs: 300, partitions: 2, requests: 1_200 },
  'after 20 s': { goneMs: 20_000, requests: 1_200 },
  'at once, with KIP-848': { settings: { 'kafka.group_protocol': 'consumer' }, goneMs: 0, requests: 1_200 },
  'at once, at_least_once': { settings: { 'kafka.delivery': 'at_least_once' }, goneMs: 0, requests: 1_200 },
  'at once, earliest': { settings: { 'kafka.auto_offset_reset': 'earliest' }, goneMs: 0, requests: 1_200 },
};

for (const [name, variant] of Object.entries(variants)) {
  test(`a topic that is created again ${name}`, { skip: noBroker }, async () => {
    const { settings = {}, partitions = PARTITIONS, goneMs = 0, requests = 1_200 } = variant;
    const { broker, topics, start, send, readiness, until, allAnswered, remove, stop, verify } =
      await scene(settings);
    const service = start();
    await service.waitFor('http_listening');
    await until('ready', service, async () => (await readiness()).ok);
    await send('old', 400, PARTITIONS);
    await allAnswered('old', 400, service);
    await remove();
    if (goneMs >= 10_000) {
      await until('not ready', service, async () => !(await readiness()).ok);
      assert.match((await readiness()).text, new RegExp(topics.requests), service.log());
    }
    await sleep(goneMs);
    await broker.createTopic(topics.requests, partitions);
    await send('new', requests, partitions);
    await allAnswered('new', requests, service);
    await until('ready again', service, async () => (await readiness()).ok);
    assert.match(service.log(), /"event":"partition_reset".*"partition":0,"from":\d+,"to":0/, service.log());
    await send('more', 40, partitions);
    await allAnswered('more', 40, service);
    await stop(service);
    const { code, json, stdout } = await verify();
    assert.equal(code, 0, stdout);
    assert.deepEqual([json.requests, json.lost.count, json.duplicated.count], [requests + 40, 0, 0], stdout);
    const isOfLostPartition = partitions < PARTITIONS;
    assert.equal(json.ofEarlierLog, isOfLostPartition ? (400 * partitions) / PARTITIONS : 400, stdout);
  });
}
