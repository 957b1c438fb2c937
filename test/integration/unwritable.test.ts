/**
 * Topics that take no records for a while, or a broker that is out of reach for longer than a
 * transaction may be open: the partitions wait, nothing is dropped, and it goes on by itself. (Missing rights are in
 * rights.test.ts: brokers without a login cannot have rules among themselves.)
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Cluster, startCluster } from '../chaos/cluster.ts';
import { type Delivery, type Topics, waitForDelivery } from '../helpers/delivery.ts';
import { noBroker, uniqueName } from '../helpers/kafka-broker.ts';
import { deleteTopic, produceAll } from '../helpers/kafka-client.ts';
import { type ServiceProcess, type Settings, startService } from '../helpers/service-process.ts';
import { topicSettings, uniqueTopics } from '../helpers/topics.ts';

const skip = noBroker;
const PARTITIONS = 3;
/** The one that the test works with. */
let cluster: Cluster;
const clusters = new Map<1 | 3, Promise<Cluster>>();

async function useBrokers(nodes: 1 | 3): Promise<void> {
  const started = clusters.get(nodes) ?? startCluster(nodes);
  clusters.set(nodes, started);
  cluster = await started;
}
after(async () => {
  for (const started of clusters.values()) await (await started).close();
});

async function createTopics(): Promise<Topics> {
  const topics = uniqueTopics();
  await cluster.broker.createTopic(topics.requests, PARTITIONS);
  await cluster.broker.createTopic(topics.results, PARTITIONS);
  await cluster.broker.createTopic(topics.deadLetters, 1);
  return topics;
}

/** Every fifth is a dead letter. */
async function send(topic: string, count: number): Promise<number> {
  const records = Array.from({ length: count }, (_, i) => ({
    value: i % 5 === 0 ? 'no JSON' : JSON.stringify({ text: `Number ${i} was good.` }),
    partition: i % PARTITIONS,
  }));
  await produceAll(cluster.direct, topic, records);
  return count;
}

function start(topics: Topics, settings: Settings = {}): ServiceProcess {
  return startService({
    'kafka.bootstrap_servers': cluster.proxied,
    ...topicSettings(topics),
    'kafka.consumer_group': uniqueName('group'),
    'kafka.session_timeout_ms': 6_000,
    'kafka.heartbeat_interval_ms': 2_000,
    'kafka.dlq_stop_ratio': 0,
    'model.path': 'null',
    ...settings,
  });
}

/** Ends the service in order and demands that each request came out once. */
async function finish(service: ServiceProcess, topics: Topics, sent: number): Promise<void> {
  const { lost, doubled, outOfOrder } = await waitForDelivery(cluster.direct, topics, sent);
  assert.deepEqual({ lost, doubled, outOfOrder }, { lost: [], doubled: [], outOfOrder: [] }, service.log());
  service.kill('SIGTERM');
  assert.equal(await service.exited, 0, service.log());
}

async function untilLogged(service: ServiceProcess, pattern: RegExp): Promise<void> {
  for (let i = 0; !pattern.test(service.log()); i++) {
    if (i > 1_200) throw new Error(`Never logged: ${pattern}\n${service.log()}`);
    await sleep(50);
  }
}

/** Without exactly_once some are answered twice before others are answered once. */
async function untilAnswered(topics: Topics, sent: number): Promise<Delivery> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const delivery = await waitForDelivery(cluster.direct, topics, sent);
    if (delivery.lost.length === 0 || performance.now() > deadline) return delivery;
    await sleep(1_000);
  }
}

interface Case {
  readonly name: string;
  readonly brokers: 1 | 3;
  /** Of the aborted transactions meanwhile. */
  readonly logged: RegExp;
  readonly close: (topic: string) => Promise<void>;
  readonly open: (topic: string) => Promise<void>;
}

const cases: readonly Case[] = [
  {
    name: 'the topic is gone, and comes back',
    brokers: 1,
    logged: /transaction_aborted/,
    close: (name) => deleteTopic(cluster.direct, name),
    open: (name) => cluster.broker.createTopic(name, 1),
  },
  {
    name: 'no record is small enough', // but the marks of transactions, of 78 bytes, are
    brokers: 1,
    logged: /transaction_aborted.*KS_RECORD_TOO_LARGE/,
    close: (name) => cluster.setTopicConfig(name, 'max.message.bytes', '100'),
    open: (name) => cluster.setTopicConfig(name, 'max.message.bytes', '1048588'),
  },
  {
    name: 'too few replicas are in sync',
    brokers: 3,
    logged: /transaction_aborted|KS_KAFKA_RETRIABLE/, // the mark of an abort cannot be written either
    close: async (name) => {
      await cluster.setTopicConfig(name, 'min.insync.replicas', '3');
      await cluster.broker.nodes[2]?.kill();
    },
    open: async () => cluster.broker.nodes[2]?.start(),
  },
];

for (const { name, brokers, logged, close, open } of cases) {
  for (const kind of ['results', 'deadLetters'] as const) {
    test(`the ${kind === 'results' ? 'results' : 'dead-letter'} topic waits: ${name}`, { skip }, async () => {
      await useBrokers(brokers);
      const topics = await createTopics();
      const service = start(topics);
      await service.waitFor('partitions_assigned');
      await close(topics[kind]);
      const sent = await send(topics.requests, 200);
      await untilLogged(service, logged);
      await open(topics[kind]);
      await finish(service, topics, sent);
    });
  }
}

for (const delivery of ['exactly_once', 'at_least_once'] as const) {
  test(`an outage longer than a transaction may be open does not end the service: ${delivery}`, {
    skip,
  }, async () => {
    await useBrokers(1);
    const topics = await createTopics();
    const service = start(topics, { 'kafka.delivery': delivery });
    await service.waitFor('partitions_assigned');
    let sent = 0;
    // The outage must come in the middle of a transaction, which most of them do.
    const wasHit = (): boolean =>
      /transaction_aborted|KS_PRODUCER_EXPIRED|KS_KAFKA_RETRIABLE/.test(service.log());
    for (let outage = 0; outage < 5 && !wasHit(); outage++) {
      const sending = send(topics.requests, 3_000);
      await sleep(150 + 50 * outage);
      cluster.network = { kind: 'stall' };
      await sleep(5_000);
      cluster.network = { kind: 'pass' };
      sent += await sending;
      const { lost, doubled } = await untilAnswered(topics, sent);
      assert.deepEqual(lost, [], service.log());
      if (delivery === 'exactly_once') assert.deepEqual(doubled, [], service.log());
    }
    if (delivery === 'exactly_once') assert.ok(wasHit(), service.log());
    service.kill('SIGTERM');
    assert.equal(await service.exited, 0, service.log());
  });
}

test('a broker that stood still in the middle of a transaction is worked with again', { skip }, async () => {
  await useBrokers(1);
  const topics = await createTopics();
  const service = start(topics);
  await service.waitFor('partitions_assigned');
  const sending = send(topics.requests, 3_000);
  await sleep(300);
  const { pid } = cluster.broker;
  process.kill(pid, 'SIGSTOP');
  try {
    await sleep(17_000); // longer than a call of a transaction waits
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  // Whether librdkafka waits without end for it afterwards is a matter of luck; then it takes half a minute.
  const sent = await sending;
  await untilReadable(topics, sent);
  await finish(service, topics, sent);
});

/** A broker that has just come back may turn the first readers away. */
async function untilReadable(topics: Topics, sent: number): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await waitForDelivery(cluster.direct, topics, sent);
      return;
    } catch (error) {
      if (attempt === 30) throw error;
      await sleep(1_000);
    }
  }
}

test('a process whose transactional id another has taken over ends, and says why', { skip }, async () => {
  await useBrokers(1);
  const topics = await createTopics();
  const settings = {
    'kafka.consumer_group': uniqueName('group'),
    'kafka.transactional_id': uniqueName('id'),
  };
  const first = start(topics, settings);
  await first.waitFor('partitions_assigned');
  let sent = await send(topics.requests, 300);
  const second = start(topics, settings);
  await second.waitFor('broker_connected');
  sent += await send(topics.requests, 300);
  assert.equal(await first.exited, 1, first.log());
  assert.match(first.log(), /service_failed.*KS_PRODUCER_FENCED/);
  assert.match(first.log(), /another process has the same transactional_id/);
  await finish(second, topics, sent);
});
