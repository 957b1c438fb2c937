/**
 * `kubectl scale deployment kubesentiment-kafka --replicas=5` and `kafka-topics --alter --partitions 16`, with
 * processes for pods: everybody gets a share, and each request comes out once.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Topics, waitForDelivery } from '../helpers/delivery.ts';
import { noBroker, sharedBroker, uniqueName } from '../helpers/kafka-broker.ts';
import { produceAll } from '../helpers/kafka-client.ts';
import { type ServiceProcess, startService } from '../helpers/service-process.ts';
import { topicSettings } from '../helpers/topics.ts';

const BATCH = 400;
const SHARES_TIMEOUT_MS = 90_000;

test('from 3 pods to 5, from 8 partitions to 16, and back to 2 pods', { skip: noBroker }, async () => {
  const { bootstrapServers: bootstrap, createTopic, addPartitions } = await sharedBroker();
  const topics: Topics = {
    requests: uniqueName('scale-requests'),
    results: uniqueName('scale-results'),
    deadLetters: uniqueName('scale-dead-letters'),
  };
  for (const topic of Object.values(topics)) await createTopic(topic, 8);
  const settings = {
    'kafka.bootstrap_servers': bootstrap,
    ...topicSettings(topics),
    'kafka.consumer_group': uniqueName('scale-group'),
    'kafka.consumer_threads': 1,
    'model.path': 'models/default',
    // How soon new partitions are seen; five minutes are librdkafka's default.
    'kafka.librdkafka': JSON.stringify({ 'topic.metadata.refresh.interval.ms': 1_000 }),
  };
  let sent = 0;
  const send = async (partitions: number): Promise<void> => {
    const records = Array.from({ length: BATCH }, (_, i) => ({
      value: JSON.stringify({ text: `Pod ${i} of ${sent} had a lovely day.` }),
      partition: i % partitions,
    }));
    await produceAll(bootstrap, topics.requests, records);
    sent += records.length;
  };

  await send(8);
  const pods = Array.from({ length: 3 }, () => startService(settings));
  await waitForShares(pods, 8);
  await send(8);
  pods.push(startService(settings), startService(settings));
  await waitForShares(pods, 8);

  await addPartitions(topics.requests, 16);
  await send(16);
  await waitForShares(pods, 16);
  await send(16);

  const leaving = pods.splice(2);
  for (const pod of leaving) pod.kill('SIGTERM');
  await send(16);
  for (const pod of leaving) assert.equal(await pod.exited, 0, pod.log());
  await waitForShares(pods, 16);

  const { lost, doubled, outOfOrder, results } = await waitForDelivery(bootstrap, topics, sent, 120_000);
  for (const pod of pods) pod.kill('SIGTERM');
  for (const pod of pods) assert.equal(await pod.exited, 0, pod.log());
  assert.deepEqual({ lost, doubled, outOfOrder }, { lost: [], doubled: [], outOfOrder: [] });
  assert.equal(results.length, sent);
});

/** Until every pod holds partitions, each partition is held once, and all pods are ready. */
async function waitForShares(pods: readonly ServiceProcess[], partitions: number): Promise<void> {
  const deadline = performance.now() + SHARES_TIMEOUT_MS;
  let shares: string[][] = [];
  while (performance.now() < deadline) {
    shares = await Promise.all(pods.map(heldPartitions));
    const held = shares.flat();
    const everybodyHasSome = shares.every((share) => share.length > 0);
    if (everybodyHasSome && held.length === partitions && new Set(held).size === partitions) return;
    await sleep(250);
  }
  assert.fail(`After ${SHARES_TIMEOUT_MS} ms the pods hold ${JSON.stringify(shares)}.`);
}

/** Nothing while the pod is not ready. */
async function heldPartitions(pod: ServiceProcess): Promise<string[]> {
  await pod.waitFor('http_listening');
  const port = /"event":"http_listening".*?"port":(\d+)/.exec(pod.log())?.[1];
  const [ready, details] = await Promise.all([
    fetch(`http://127.0.0.1:${port}/readyz`),
    fetch(`http://127.0.0.1:${port}/health/details`),
  ]);
  if (!ready.ok) return [];
  const { partitions } = (await details.json()) as { partitions: { topic: string; partition: number }[] };
  return partitions.map(({ topic, partition }) => `${topic}-${partition}`);
}
