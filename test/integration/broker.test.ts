/** The test broker itself: what every other integration test relies on. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { noBroker, sharedBroker, startBroker, uniqueName } from '../helpers/kafka-broker.ts';
import { committedOffsets, produceAll, readAll } from '../helpers/kafka-client.ts';
import { root } from '../helpers/paths.ts';

test('what is produced is read back, in order, with key, headers and tombstone', {
  skip: noBroker,
}, async () => {
  const { bootstrapServers, createTopic } = await sharedBroker();
  const topic = uniqueName('round-trip');
  await createTopic(topic, 2);
  await produceAll(bootstrapServers, topic, [
    {
      value: 'first',
      key: 'k',
      partition: 0,
      headers: [{ trace: Buffer.from('t') }],
      timestamp: 1_700_000_000_000,
    },
    { value: null, key: 'k', partition: 0 },
    { value: Buffer.from([0xff, 0x00]), partition: 1 },
  ]);

  const [first, tombstone, bytes, ...more] = await readAll(bootstrapServers, topic);
  assert.equal(first?.value?.toString(), 'first');
  assert.equal(first?.key?.toString(), 'k');
  assert.equal(first?.timestamp, 1_700_000_000_000);
  assert.deepEqual(first?.headers, [{ trace: Buffer.from('t') }]);
  assert.deepEqual([tombstone?.value, tombstone?.partition, tombstone?.offset], [null, 0, 1]);
  assert.deepEqual([bytes?.value, bytes?.partition], [Buffer.from([0xff, 0x00]), 1]);
  assert.equal(more.length, 0);
});

test('an aborted transaction is seen only by read_uncommitted', { skip: noBroker }, async () => {
  const { bootstrapServers, createTopic } = await sharedBroker();
  const topic = uniqueName('aborted');
  await createTopic(topic, 1);
  await produceAll(bootstrapServers, topic, [{ value: 'taken back' }], { transaction: 'abort' });
  await produceAll(bootstrapServers, topic, [{ value: 'kept' }], { transaction: 'commit' });

  const values = async (isolation: 'read_committed' | 'read_uncommitted') =>
    (await readAll(bootstrapServers, topic, { isolation })).map(({ value }) => value?.toString());
  assert.deepEqual(await values('read_committed'), ['kept']);
  assert.deepEqual(await values('read_uncommitted'), ['taken back', 'kept']);
});

test('a topic grows, and a group that never committed has no offsets', { skip: noBroker }, async () => {
  const { bootstrapServers, createTopic, addPartitions } = await sharedBroker();
  const topic = uniqueName('growing');
  await createTopic(topic, 1);
  await addPartitions(topic, 3);
  const committed = await committedOffsets(bootstrapServers, uniqueName('group'), topic);
  assert.deepEqual(
    committed,
    [0, 1, 2].map((partition) => ({ partition, offset: undefined })),
  );
});

test('a broker that was killed comes back with its data on its port', { skip: noBroker }, async () => {
  const broker = await startBroker();
  const topic = uniqueName('survivor');
  await broker.createTopic(topic, 1);
  await produceAll(broker.bootstrapServers, topic, [{ value: 'still here' }]);
  const { pid } = broker;
  await broker.kill();
  assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
  await broker.restart();
  const records = await readAll(broker.bootstrapServers, topic);
  assert.deepEqual(
    records.map(({ value }) => value?.toString()),
    ['still here'],
  );
  await broker.stop();
});

test('a cluster of three goes on without one of its nodes', { skip: noBroker }, async () => {
  const cluster = await startBroker({ nodes: 3 });
  const topic = uniqueName('replicated');
  await cluster.createTopic(topic, 3);
  await cluster.nodes[0]?.kill();
  await produceAll(
    cluster.bootstrapServers,
    topic,
    [0, 1, 2].map((partition) => ({ value: 'x', partition })),
  );
  assert.equal((await readAll(cluster.bootstrapServers, topic)).length, 3);
  await cluster.kill();
});

test('a broker ends with the process that started it, even a killed one', { skip: noBroker }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-owner-'));
  const helper = join(root, 'dist/test/helpers/kafka-broker.js');
  const program = `import { startBroker } from ${JSON.stringify(helper)};
    console.log((await startBroker()).pid); setInterval(() => {}, 1000);`;
  const owner = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(owner.stdout, 'data');
  const pid = Number(line);
  assert.ok(pid > 1);
  owner.kill('SIGKILL');
  while (isAlive(pid)) await sleep(20);
  rmSync(folder, { recursive: true });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
