/** Whatever producers compress with is read; a batch that cannot be read stops its partition, audibly, and no other. */
import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import Kafka from 'node-rdkafka';
import { waitForDelivery } from '../helpers/delivery.ts';
import { noBroker, sharedBroker, startBroker, uniqueName } from '../helpers/kafka-broker.ts';
import { produceAll, type ReadRecord, readAll, type TestRecord } from '../helpers/kafka-client.ts';
import { freePort } from '../helpers/free-port.ts';
import { produceRaw } from '../helpers/raw-records.ts';
import { startService } from '../helpers/service-process.ts';
import { topicSettings, uniqueTopics } from '../helpers/topics.ts';

const codecs = ['gzip', 'snappy', 'lz4', 'zstd'] as const;
const LIMIT_MS = 60_000;

function requests(count: number, partition: number): TestRecord[] {
  return Array.from({ length: count }, (_, i) => ({
    value: JSON.stringify({ text: `a good text ${i}`.repeat(10) }),
    partition,
  }));
}

interface Readiness {
  readonly checks: readonly { readonly name: string; readonly ok: boolean; readonly reason?: string }[];
}

/** The reason why a partition is not read, once there is one. */
async function whyUnreadable(port: number): Promise<string> {
  for (const deadline = performance.now() + LIMIT_MS; performance.now() < deadline; await sleep(50)) {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
    const { checks = [] } = ((await answer?.json()) ?? {}) as Partial<Readiness>;
    const reason = checks.find(({ name }) => name === 'readable')?.reason;
    if (reason === undefined) continue;
    assert.equal(answer?.status, 503);
    return reason;
  }
  throw new Error('No partition was said to be unreadable.');
}

async function untilResults(bootstrapServers: string, topic: string, count: number): Promise<ReadRecord[]> {
  for (const deadline = performance.now() + LIMIT_MS; performance.now() < deadline; await sleep(100)) {
    const results = await readAll(bootstrapServers, topic);
    if (results.length >= count) return results;
  }
  throw new Error(`${topic} did not get ${count} results.`);
}

test('batches of every compression are read', { skip: noBroker }, async () => {
  assert.deepEqual(
    codecs.filter((codec) => !Kafka.features.includes(codec)),
    [],
  );
  const { bootstrapServers, createTopic } = await sharedBroker();
  const topics = uniqueTopics();
  await createTopic(topics.requests, codecs.length);
  await createTopic(topics.results, 1);
  await createTopic(topics.deadLetters, 1);
  for (const [partition, compression] of codecs.entries())
    await produceAll(bootstrapServers, topics.requests, requests(50, partition), { compression });
  const service = startService({
    'kafka.bootstrap_servers': bootstrapServers,
    ...topicSettings(topics),
    'kafka.consumer_group': uniqueName('group'),
  });
  const { lost, doubled, results } = await waitForDelivery(bootstrapServers, topics, 200);
  service.kill('SIGTERM');
  assert.equal(await service.exited, 0, service.log());
  assert.deepEqual({ lost, doubled, results: results.length }, { lost: [], doubled: [], results: 200 });
});

test('a small batch that would become huge is not decompressed, and its partition says why it stands still', {
  skip: noBroker,
}, async () => {
  const { bootstrapServers, createTopic } = await sharedBroker();
  const topics = uniqueTopics();
  await createTopic(topics.requests, 2);
  await createTopic(topics.results, 1);
  await createTopic(topics.deadLetters, 1);
  await produceAll(bootstrapServers, topics.requests, [...requests(3, 0), ...requests(20, 1)]);
  const bomb = { key: null, value: Buffer.alloc(150 * 2 ** 20), headers: [] };
  await produceRaw(bootstrapServers, topics.requests, 0, [bomb], { gzip: true });
  await produceAll(bootstrapServers, topics.requests, [...requests(5, 0), ...requests(20, 1)]);
  const port = await freePort();
  const service = startService({
    'kafka.bootstrap_servers': bootstrapServers,
    ...topicSettings(topics),
    'kafka.consumer_group': uniqueName('group'),
    'http.port': port,
  });
  await service.waitFor('batch_unreadable');
  const reason = await whyUnreadable(port);
  assert.match(reason, /\/0 cannot be read at offset 3 \(codec gzip\): .*receive\.message\.max\.bytes/);
  const results = await untilResults(bootstrapServers, topics.results, 43);
  assert.equal(results.length, 43);
  const peakKiB = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${service.pid}/status`, 'utf8'))?.[1]);
  assert.ok(peakKiB < 400 * 1024, `${peakKiB} KiB`);
  service.kill('SIGTERM');
  assert.equal(await service.exited, 0, service.log());
  const line = service
    .log()
    .split('\n')
    .find((entry) => entry.includes('batch_unreadable'));
  const { topic, partition, offset, codec } = JSON.parse(String(line)) as Record<string, unknown>;
  assert.deepEqual([topic, partition, offset, codec], [topics.requests, 0, 3, 'gzip']);
});

test('a damaged batch is neither read nor skipped, and the other partitions go on', {
  skip: noBroker,
}, async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'kubesentiment-damaged-'));
  const broker = await startBroker({ dataDir });
  t.after(async () => {
    await broker.stop();
    rmSync(dataDir, { recursive: true });
  });
  const topics = uniqueTopics();
  await broker.createTopic(topics.requests, 2);
  await broker.createTopic(topics.results, 1);
  await broker.createTopic(topics.deadLetters, 1);
  const { bootstrapServers } = broker;
  await produceAll(bootstrapServers, topics.requests, requests(3, 0));
  await produceAll(bootstrapServers, topics.requests, [{ value: '{"text":"to be damaged"}', partition: 0 }]);
  await produceAll(bootstrapServers, topics.requests, [...requests(3, 0), ...requests(20, 1)]);
  damage(dataDir, `${topics.requests}-0`, 'to be damaged');
  const port = await freePort();
  const service = startService({
    'kafka.bootstrap_servers': bootstrapServers,
    ...topicSettings(topics),
    'kafka.consumer_group': uniqueName('group'),
    'http.port': port,
  });
  assert.match(await whyUnreadable(port), /\/0 cannot be read at offset 3 .*checksum/);
  await untilResults(bootstrapServers, topics.results, 23);
  await produceAll(bootstrapServers, topics.requests, requests(10, 1));
  const results = await untilResults(bootstrapServers, topics.results, 33);
  assert.equal(results.length, 33, 'nothing behind the batch');
  service.kill('SIGTERM');
  assert.equal(await service.exited, 0, service.log());
});

/** Brokers hand out the bytes of their files as they are. */
function damage(dataDir: string, partition: string, text: string): void {
  const names = readdirSync(dataDir, { recursive: true, encoding: 'utf8' });
  const path = join(dataDir, String(names.find((name) => name.includes(partition) && name.endsWith('.log'))));
  const at = readFileSync(path).indexOf(text);
  assert.ok(at > 0);
  const file = openSync(path, 'r+');
  writeSync(file, 'X', at);
  closeSync(file);
}
