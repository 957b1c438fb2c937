/**
 * Packets of one connection are lost, the client gives it up and ends its transaction on another one, and the system
 * goes on sending what was on the first: it arrives seconds later, whatever is open then. With real packets, in a
 * network of its own, so this file runs itself once more there.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { checkTopics } from '../chaos/check.ts';
import { startCluster } from '../chaos/cluster.ts';
import { Load } from '../chaos/load.ts';
import { inNamespace, isInNamespace, LossyNetwork, noNamespace } from '../chaos/lossy-network.ts';
import { noBroker, uniqueName } from '../helpers/kafka-broker.ts';
import { committedOffsets } from '../helpers/kafka-client.ts';
import { kafkaClassPath } from '../helpers/kafka-jars.ts';
import { startService } from '../helpers/service-process.ts';
import { topicSettings, uniqueTopics } from '../helpers/topics.ts';

/** How soon the system sends lost bytes again depends on the machine, so this is run by hand. */
const notAsked =
  process.env['KUBESENTIMENT_PACKET_LOSS'] === undefined &&
  'it takes some minutes; set KUBESENTIMENT_PACKET_LOSS=1 to run it';
const LOSSES = 2;
const TRIES_MAX = 8;
const PER_SECOND = 500;
const PARTITIONS = 4;
const RECORDS_MAX = 1_000_000;
const DRAIN_MS_MAX = 30_000;

if (isInNamespace()) console.log(JSON.stringify(await losePackets()));
else {
  test('what was lost on its way and comes late makes no difference', {
    skip: notAsked || noBroker || noNamespace(),
  }, (t) => {
    kafkaClassPath(); // there is nowhere to fetch it from in there
    const { file, args, env } = inNamespace([import.meta.filename]);
    const { stdout, stderr, status } = spawnSync(file, args, { env, encoding: 'utf8' });
    const report = stdout.split('\n').find((line) => line.startsWith('{'));
    assert.ok(status === 0 && report !== undefined, stdout + stderr);
    const { log, code, late, found } = JSON.parse(report) as Awaited<ReturnType<typeof losePackets>>;
    t.diagnostic(JSON.stringify({ found, code, late }));
    assert.deepEqual(found, { lost: 0, duplicated: 0, outOfOrder: 0, openRecords: 0 }, log);
    assert.equal(code, 0, log);
    assert.deepEqual(late.commit?.moments, { offsets: LOSSES }, log);
    assert.equal(late.commit?.answers['NONE'], undefined, 'The broker has taken what came late.');
  });
}

async function losePackets() {
  const network = await LossyNetwork.start();
  const cluster = await startCluster(1, {}, network);
  const { broker, direct, proxied, late, loss, logDirs } = cluster;
  assert.ok(loss !== undefined);
  const topics = uniqueTopics();
  for (const topic of Object.values(topics)) await broker.createTopic(topic, PARTITIONS);
  const group = uniqueName('group');
  const settings = {
    'kafka.bootstrap_servers': proxied,
    ...topicSettings(topics),
    'kafka.consumer_group': group,
    'kafka.consumer_threads': 1, // what comes after its offsets is the end
    'kafka.producer_linger_ms': 500, // and its records come in between
    'kafka.dlq_stop_ratio': 0,
    'kafka.librdkafka': JSON.stringify({ 'socket.timeout.ms': 1_500, 'reconnect.backoff.ms': 10 }),
    'model.path': 'null',
  };
  const service = startService(settings, {}, network.launcher);
  await service.waitFor('partitions_assigned');
  const load = new Load({
    bootstrapServers: direct,
    topic: topics.requests,
    partitions: PARTITIONS,
    records: RECORDS_MAX,
    perSecond: PER_SECOND,
    seed: 1,
  });
  await load.start();
  load.allow(1);
  // A client that has just taken another connection has lost nothing.
  for (let i = 0; i < TRIES_MAX && late.total < LOSSES; i++) {
    const before = late.total;
    await loss.lose('offsets');
    await late.arrived(before + 1);
  }
  await load.stop();
  const deadline = performance.now() + DRAIN_MS_MAX;
  for (let committed = 0; committed < load.sent && performance.now() < deadline; ) {
    const offsets = await committedOffsets(direct, group, topics.requests);
    committed = offsets.reduce((sum, { offset = 0 }) => sum + offset, 0);
  }
  service.kill('SIGTERM');
  const code = await service.exited;
  const verdict = await checkTopics(direct, topics, logDirs[0] as string);
  await cluster.close();
  network.close();
  const { lost, duplicated, outOfOrder, openRecords } = verdict;
  const found = {
    lost: lost.count,
    duplicated: duplicated.count,
    outOfOrder: outOfOrder.count,
    openRecords,
  };
  return { found, code, late: late.counts, log: service.log() };
}
