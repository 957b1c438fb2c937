/** Without transactions: only a crash may make results come twice, and what is out of reach is waited for. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Cluster, startCluster } from '../chaos/cluster.ts';
import { type Topics, waitForDelivery } from '../helpers/delivery.ts';
import { noBroker, uniqueName } from '../helpers/kafka-broker.ts';
import { produceAll, readAll } from '../helpers/kafka-client.ts';
import { type ServiceProcess, type Settings, startService } from '../helpers/service-process.ts';
import { topicSettings, uniqueTopics } from '../helpers/topics.ts';

const skip = noBroker;
/** What hangs fails at last. */
const timeout = 600_000;
const PARTITIONS = 8;
const CHUNK = 500;
const SEND_PAUSE_MS = 200;
let started: Promise<Cluster> | undefined;
const useCluster = (): Promise<Cluster> => {
  // A busy machine must not cost a member its session: then results may come twice.
  started ??= startCluster(1, { 'group.consumer.session.timeout.ms': '45000' });
  return started;
};
after(async () => (await started)?.close());

async function createTopics({ broker }: Cluster): Promise<Topics> {
  const topics = uniqueTopics();
  await broker.createTopic(topics.requests, PARTITIONS);
  await broker.createTopic(topics.results, 2);
  await broker.createTopic(topics.deadLetters, 1);
  return topics;
}

/** Services of one group. */
function memberOf({ proxied }: Cluster, topics: Topics, settings: Settings = {}): () => ServiceProcess {
  const group = uniqueName('group');
  return () =>
    startService({
      'kafka.bootstrap_servers': proxied,
      ...topicSettings(topics),
      'kafka.consumer_group': group,
      'kafka.delivery': 'at_least_once',
      'kafka.consumer_threads': 4,
      'model.path': 'null',
      ...settings,
    });
}

async function send({ direct }: Cluster, { requests }: Topics, count: number, first = 0): Promise<void> {
  const records = Array.from({ length: count }, (_, i) => ({
    value: JSON.stringify({ text: `Number ${first + i} was good.` }),
    partition: i % PARTITIONS,
  }));
  await produceAll(direct, requests, records);
}

async function stop(service: ServiceProcess): Promise<void> {
  service.kill('SIGTERM');
  assert.equal(await service.exited, 0, service.log());
}

async function untilLogged(service: ServiceProcess, pattern: RegExp): Promise<void> {
  let hasEnded = false;
  void service.exited.then(() => {
    hasEnded = true;
  });
  while (!pattern.test(service.log())) {
    assert.ok(!hasEnded, service.log());
    await sleep(50);
  }
}

/** Where some came twice, as many records as requests are no proof that none is missing. */
async function untilNoneIsMissing({ direct }: Cluster, topics: Topics, sent: number): Promise<void> {
  while ((await waitForDelivery(direct, topics, sent)).lost.length > 0) await sleep(500);
}

const ways: Readonly<Record<string, Settings>> = {
  'cooperative-sticky': {},
  'range, eager': { 'kafka.partition_assignment_strategy': 'range' },
  'KIP-848': { 'kafka.group_protocol': 'consumer' },
};

for (const [name, way] of Object.entries(ways)) {
  test(`members that join and leave under load double nothing: ${name}`, { skip, timeout }, async () => {
    const cluster = await useCluster();
    const topics = await createTopics(cluster);
    const start = memberOf(cluster, topics, way);
    let sent = 0;
    let isOver = false;
    const sending = (async () => {
      for (; !isOver; sent += CHUNK) {
        await send(cluster, topics, CHUNK, sent);
        await sleep(SEND_PAUSE_MS); // what a slow machine has waiting in the end must not grow without bound
      }
    })();
    const first = start();
    await first.waitFor('partitions_assigned');
    for (let round = 0; round < 3; round++) {
      const other = start();
      await other.waitFor('partitions_assigned');
      await stop(other);
    }
    isOver = true;
    await sending;
    const { lost, doubled, outOfOrder } = await waitForDelivery(cluster.direct, topics, sent);
    await stop(first);
    assert.deepEqual({ lost, doubled, outOfOrder }, { lost: [], doubled: [], outOfOrder: [] }, first.log());
  });
}

test('a broker that is away for longer than a session does not end the service', {
  skip,
  timeout,
}, async () => {
  const cluster = await useCluster();
  const topics = await createTopics(cluster);
  const service = memberOf(cluster, topics, {
    'kafka.session_timeout_ms': 6_000,
    'kafka.heartbeat_interval_ms': 2_000,
  })();
  await service.waitFor('partitions_assigned');
  const total = 20_000;
  const sending = send(cluster, topics, total); // goes on after the outage
  while ((await readAll(cluster.direct, topics.results)).length === 0); // in the middle of the work
  const [node] = cluster.broker.nodes;
  await node?.kill();
  try {
    await untilLogged(service, /broker_unreachable/);
    await sleep(20_000); // the outage itself
  } finally {
    await node?.start();
  }
  await sending;
  await untilNoneIsMissing(cluster, topics, total);
  await stop(service);
});

test('results that are too large for their topic wait until it takes them', { skip, timeout }, async () => {
  const cluster = await useCluster();
  const topics = await createTopics(cluster);
  await cluster.setTopicConfig(topics.results, 'max.message.bytes', '100');
  const service = memberOf(cluster, topics)();
  await service.waitFor('partitions_assigned');
  await send(cluster, topics, CHUNK);
  await untilLogged(service, /transaction_aborted.*KS_RECORD_TOO_LARGE/);
  await cluster.setTopicConfig(topics.results, 'max.message.bytes', '1048588');
  await untilNoneIsMissing(cluster, topics, CHUNK);
  await stop(service);
});
