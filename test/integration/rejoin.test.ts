/**
 * A member that gives its partitions back is not done before its transaction is: until then nobody else may have them,
 * whatever happens to the group meanwhile.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Cluster, startCluster } from '../chaos/cluster.ts';
import { type Topics, waitForDelivery } from '../helpers/delivery.ts';
import { noBroker, uniqueName } from '../helpers/kafka-broker.ts';
import { produceAll } from '../helpers/kafka-client.ts';
import { groupState } from '../helpers/kafka-wire.ts';
import { type ServiceProcess, type Settings, startService } from '../helpers/service-process.ts';
import { topicSettings, uniqueTopics } from '../helpers/topics.ts';

const PARTITIONS = 4;
const REQUESTS = 400;
/** How often a member looks whether there are more partitions, ms. */
const LOOK_MS = 500;

/** Of the protocol of Kafka. */
const OFFSET_FETCH = 9;
const FIND_COORDINATOR = 10;
const NOT_COORDINATOR = 16;

let cluster: Cluster | undefined;
after(() => cluster?.close());

async function makeTopics({ createTopic }: Cluster['broker']): Promise<Topics> {
  const topics = uniqueTopics();
  await createTopic(topics.requests, PARTITIONS);
  await createTopic(topics.results, 1);
  await createTopic(topics.deadLetters, 1);
  return topics;
}

function settingsOf(topics: Topics, group: string): Settings {
  return {
    ...topicSettings(topics),
    'kafka.consumer_group': group,
    'kafka.consumer_threads': 1,
    'model.path': 'null',
  };
}

function requestsOf(count: number): { readonly value: string; readonly partition: number }[] {
  return Array.from({ length: count }, (_, i) => ({
    value: JSON.stringify({ text: `Number ${i} was good.` }),
    partition: i % PARTITIONS,
  }));
}

// librdkafka without our patch joins the group again while it is still giving back (ADR 0016).
for (const strategy of ['range', 'cooperative-sticky']) {
  test(`partitions are added while a member waits for its transaction: ${strategy}`, {
    skip: noBroker,
  }, async () => {
    cluster ??= await startCluster(1);
    const { broker, direct } = cluster;
    const [requests, results, deadLetters] = ['requests', 'results', 'dead-letters'].map(uniqueName);
    const topics = { requests, results, deadLetters } as Record<
      'requests' | 'results' | 'deadLetters',
      string
    >;
    await broker.createTopic(topics.requests, PARTITIONS);
    await broker.createTopic(topics.results, 1);
    await broker.createTopic(topics.deadLetters, 1);
    const group = uniqueName('group');
    const member = (): ServiceProcess =>
      startService({
        'kafka.bootstrap_servers': direct,
        ...topicSettings(topics),
        'kafka.consumer_group': group,
        'kafka.consumer_threads': 1,
        'kafka.partition_assignment_strategy': strategy,
        'kafka.heartbeat_interval_ms': 500,
        'kafka.librdkafka': JSON.stringify({ 'topic.metadata.refresh.interval.ms': LOOK_MS }),
      });

    const first = member();
    await first.waitFor('partitions_assigned');
    await cluster.setTopicConfig(topics.results, 'max.message.bytes', '100'); // no result is small enough
    await produceAll(direct, topics.requests, requestsOf(REQUESTS));
    await first.waitFor('transaction_aborted');
    const second = member();
    await second.waitFor('service_started');
    // From here on the first is asked to give partitions back, and cannot yet.
    if (strategy === 'range') await untilState(direct, group, 'PreparingRebalance');
    else await second.waitFor('partitions_assigned'); // none so far
    await broker.addPartitions(topics.requests, PARTITIONS + 1);
    await sleep(4 * LOOK_MS); // both have looked
    await cluster.setTopicConfig(topics.results, 'max.message.bytes', '1048588');

    await waitForDelivery(direct, topics, REQUESTS);
    // Whoever reads a partition again has done so when it answers what was added at its end.
    await produceAll(direct, topics.requests, requestsOf(PARTITIONS));
    const { lost, doubled, outOfOrder } = await waitForDelivery(direct, topics, REQUESTS + PARTITIONS);
    for (const service of [first, second]) service.kill('SIGTERM');
    const log = first.log() + second.log();
    assert.equal(await first.exited, 0, log);
    assert.equal(await second.exited, 0, log);
    assert.deepEqual({ lost, doubled, outOfOrder }, { lost: [], doubled: [], outOfOrder: [] }, log);
  });
}

async function untilState(server: string, group: string, state: string): Promise<void> {
  while ((await groupState(server, group)) !== state) await sleep(50);
}

test('a coordinator that has just moved is asked for the offsets again', { skip: noBroker }, async () => {
  cluster ??= await startCluster(1);
  const { broker, direct, proxied } = cluster;
  const topics = await makeTopics(broker);
  const group = uniqueName('group');
  let refused = 0;
  cluster.intercept = (request) => {
    if (request.readInt16BE(4) !== OFFSET_FETCH || refused >= 3) return undefined;
    refused++;
    return refusal(request, group);
  };
  try {
    const service = startService({ ...settingsOf(topics, group), 'kafka.bootstrap_servers': proxied });
    await produceAll(direct, topics.requests, requestsOf(20));
    const { lost, doubled } = await waitForDelivery(direct, topics, 20);
    service.kill('SIGTERM');
    assert.equal(await service.exited, 0, service.log());
    assert.deepEqual({ lost, doubled, refused }, { lost: [], doubled: [], refused: 3 }, service.log());
  } finally {
    cluster.intercept = undefined;
  }
});

// librdkafka without our patch looks again only when a connection changes, and ignores its own timeout (ADR 0016).
test('a transaction does not wait for ever for the coordinator of its offsets', {
  skip: noBroker,
}, async () => {
  cluster ??= await startCluster(1);
  const { broker, direct, proxied } = cluster;
  const topics = await makeTopics(broker);
  const group = uniqueName('group');
  const service = startService({ ...settingsOf(topics, group), 'kafka.bootstrap_servers': proxied });
  await service.waitFor('partitions_assigned'); // the consumer has found the coordinator; the producer has yet to
  let refused = 0;
  cluster.intercept = (request) => {
    if (request.readInt16BE(4) !== FIND_COORDINATOR || !request.includes(group) || refused > 0)
      return undefined;
    refused++;
    return noCoordinator(request);
  };
  try {
    await produceAll(direct, topics.requests, requestsOf(20));
    const { lost, doubled } = await waitForDelivery(direct, topics, 20);
    service.kill('SIGTERM');
    assert.equal(await service.exited, 0, service.log());
    assert.deepEqual({ lost, doubled, refused }, { lost: [], doubled: [], refused: 1 }, service.log());
    assert.doesNotMatch(service.log(), /did not return within/);
  } finally {
    cluster.intercept = undefined;
  }
});

/** FindCoordinator, versions 1 and 2. */
function noCoordinator(request: Buffer): Buffer {
  assert.ok([1, 2].includes(request.readInt16BE(6)));
  const frame = Buffer.concat([
    Buffer.alloc(4),
    request.subarray(8, 12), // which request
    Buffer.from([0, 0, 0, 0, 0, NOT_COORDINATOR, 255, 255]), // not throttled, the error, without words
    Buffer.from([255, 255, 255, 255, 0, 0, 255, 255, 255, 255]), // nobody
  ]);
  frame.writeInt32BE(frame.length - 4);
  return frame;
}

/** OffsetFetch, versions 8 and 9: for the group as a whole, without a topic. */
function refusal(request: Buffer, group: string): Buffer {
  assert.ok(request.readInt16BE(6) >= 8);
  const frame = Buffer.concat([
    Buffer.alloc(4),
    request.subarray(8, 12), // which request
    Buffer.from([0, 0, 0, 0, 0, 2, group.length + 1]), // no tags, not throttled, one group
    Buffer.from(group),
    Buffer.from([1, 0, NOT_COORDINATOR, 0, 0]), // no topics, the error, no tags
  ]);
  frame.writeInt32BE(frame.length - 4);
  return frame;
}
