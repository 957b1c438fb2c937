/** The peer in Kafka Streams does the same job as we do: otherwise a comparison with it says nothing. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConsumerProcess } from '../../benchmarking/lib/consumer-process.ts';
import type { Peer } from '../../benchmarking/lib/peer.ts';
import { streamsPeer } from '../../benchmarking/lib/streams-peer.ts';
import { GroupProgress, requestRecords } from '../../benchmarking/lib/topics.ts';
import { describeError, KubesentimentError } from '../../src/errors.ts';
import { type Delivery, waitForDelivery } from '../helpers/delivery.ts';
import { noBroker, sharedBroker, uniqueName } from '../helpers/kafka-broker.ts';
import { produceAll } from '../helpers/kafka-client.ts';
import { root } from '../helpers/paths.ts';
import { startService } from '../helpers/service-process.ts';
import { topicSettings, uniqueTopics } from '../helpers/topics.ts';

const TIMEOUT_MS = 180_000;
const LOOK_MS = 2;
const PARTITIONS = 3;
const MODEL = 'models/default';
/** Scores of a quantized model depend a little on which texts are in the same batch. */
const SURE = 0.52;
/** One thread, so that it is not done before it can be killed; the group soon goes on without it. */
const mortal = ['num.stream.threads=1', 'session.timeout.ms=10000', 'heartbeat.interval.ms=2000'];

const skip = noBroker || whyNoPeer();

test('Kafka Streams gives every request one result, with the label that we give', { skip }, async (t) => {
  const requests = 600;
  const { bootstrapServers, topics } = await arrange(requests);
  const peer = startPeer(streamsPeer('peer', 100), { bootstrapServers, topics });
  t.after(() => peer.kill());
  const theirs = await waitForDelivery(bootstrapServers, topics, requests, TIMEOUT_MS);
  await peer.stop();
  assert.deepEqual([theirs.lost, theirs.doubled, theirs.outOfOrder], [[], [], []]);

  const own = { ...uniqueTopics(), requests: topics.requests };
  const { createTopic } = await sharedBroker();
  for (const topic of [own.results, own.deadLetters]) await createTopic(topic, PARTITIONS);
  const service = startService({
    ...topicSettings(own),
    'kafka.bootstrap_servers': bootstrapServers,
    'kafka.consumer_group': uniqueName('group'),
    'model.path': MODEL,
  });
  t.after(() => service.kill('SIGKILL'));
  const ours = await waitForDelivery(bootstrapServers, own, requests, TIMEOUT_MS);
  service.kill('SIGTERM');
  assert.equal(await service.exited, 0, service.log());
  const found = resultsOf(theirs);
  const sure = [...resultsOf(ours)].filter(([, { score }]) => score > SURE);
  assert.ok(sure.length > 0.9 * requests, `${sure.length} sure ones`);
  const different = sure.filter(([id, { label }]) => found.get(id)?.label !== label).map(([id]) => id);
  assert.deepEqual(different, []);
});

test('Kafka Streams loses and doubles nothing when it is killed with requests in hand', {
  skip,
}, async (t) => {
  const requests = 12_000;
  const { bootstrapServers, topics } = await arrange(requests);
  // It commits far more often than a batch fills up, so that there is something in hand at a commit.
  const peer = streamsPeer('peer', 20, mortal);
  const first = startPeer(peer, { bootstrapServers, topics });
  t.after(() => first.kill());
  const progress = new GroupProgress(bootstrapServers, groupOf(topics), topics.requests, PARTITIONS);
  await progress.open();
  t.after(() => progress.close());
  let committed = 0;
  for (; committed === 0; await sleep(LOOK_MS)) {
    first.checkRunning();
    committed = await progress.committed();
  }
  // Right after a commit: what it had read by then and not yet forwarded would be lost.
  first.kill();
  assert.ok(committed < requests, 'it was not done when it was killed');
  const second = startPeer(peer, { bootstrapServers, topics });
  t.after(() => second.kill());
  const { lost, doubled } = await waitForDelivery(bootstrapServers, topics, requests, TIMEOUT_MS);
  await second.stop();
  assert.deepEqual([lost, doubled], [[], []]);
});

/** Its libraries are on Maven Central, which is not reachable from everywhere. */
function whyNoPeer(): string | false {
  try {
    streamsPeer('peer', 100).command({
      ...{ bootstrapServers: '', topic: '', resultsTopic: '', group: '', modelDirectory: '' },
    });
    return false;
  } catch (error) {
    if (error instanceof KubesentimentError && error.code === 'KS_LOCAL_BROKER') return describeError(error);
    throw error;
  }
}

async function arrange(requests: number) {
  const { bootstrapServers, createTopic } = await sharedBroker();
  const topics = uniqueTopics();
  for (const topic of Object.values(topics)) await createTopic(topic, PARTITIONS);
  await produceAll(bootstrapServers, topics.requests, requestRecords(requests, PARTITIONS));
  return { bootstrapServers, topics };
}

/** Peers of the same topics share a group. */
const groupOf = ({ requests }: { readonly requests: string }): string => `${requests}-streams`;

function startPeer(
  peer: Peer,
  { bootstrapServers, topics }: { bootstrapServers: string; topics: ReturnType<typeof uniqueTopics> },
): ConsumerProcess {
  return ConsumerProcess.of(
    peer.command({
      bootstrapServers,
      topic: topics.requests,
      resultsTopic: topics.results,
      group: groupOf(topics),
      modelDirectory: join(root, MODEL),
    }),
  );
}

interface Prediction {
  readonly label: string;
  readonly score: number;
}

/** By the id of the request. */
function resultsOf({ results }: Delivery): Map<string, Prediction> {
  const values = results.map(({ value }) => JSON.parse(String(value)) as Prediction & { id: string });
  return new Map(values.map((value) => [value.id, value]));
}
