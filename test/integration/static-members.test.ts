/**
 * Static members under KIP-848. A broker takes nobody for a member whose instance id another member holds, and to the
 * broker a member that never got the answer to its own join is another one.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Cluster, startCluster } from '../chaos/cluster.ts';
import { memberEpoch } from '../chaos/protocol.ts';
import { type Topics, waitForDelivery } from '../helpers/delivery.ts';
import { noBroker, uniqueName } from '../helpers/kafka-broker.ts';
import { produceAll } from '../helpers/kafka-client.ts';
import { type ServiceProcess, startService } from '../helpers/service-process.ts';
import { topicSettings, uniqueTopics } from '../helpers/topics.ts';

const PARTITIONS = 4;
const REQUESTS = 400;
const SESSION_MS = 6_000;
const HELD = /a member with its group_instance_id is still in it/;

let cluster: Cluster;
before(async () => {
  if (noBroker !== false) return;
  cluster = await startCluster(1, {
    'group.consumer.session.timeout.ms': String(SESSION_MS),
    'group.consumer.min.session.timeout.ms': String(SESSION_MS),
    'group.consumer.heartbeat.interval.ms': '1000',
    'group.consumer.min.heartbeat.interval.ms': '1000',
  });
});
after(() => cluster?.close());

async function createTopics(): Promise<Topics> {
  const topics = uniqueTopics();
  await cluster.broker.createTopic(topics.requests, PARTITIONS);
  await cluster.broker.createTopic(topics.results, 1);
  await cluster.broker.createTopic(topics.deadLetters, 1);
  return topics;
}

function memberOf(topics: Topics, group: string, identity: string): ServiceProcess {
  return startService({
    'kafka.bootstrap_servers': cluster.proxied,
    ...topicSettings(topics),
    'kafka.consumer_group': group,
    'kafka.group_protocol': 'consumer',
    'kafka.group_instance_id': identity,
    'kafka.auto_offset_reset': 'earliest',
    'kafka.consumer_threads': 1,
    'model.path': 'null',
  });
}

async function send(topic: string, count: number): Promise<void> {
  const records = Array.from({ length: count }, (_, i) => ({
    value: JSON.stringify({ text: `Number ${i} was good.` }),
    partition: i % PARTITIONS,
  }));
  await produceAll(cluster.direct, topic, records);
}

async function finish(topics: Topics, sent: number, members: readonly ServiceProcess[]): Promise<void> {
  const { lost, doubled } = await waitForDelivery(cluster.direct, topics, sent);
  const log = members.map((member) => member.log()).join('\n');
  assert.deepEqual({ lost, doubled }, { lost: [], doubled: [] }, log);
  for (const member of members) member.kill('SIGTERM');
  for (const member of members) assert.equal(await member.exited, 0, log);
}

test('the network loses the answer to a join', { skip: noBroker }, async () => {
  const topics = await createTopics();
  let lost = 0;
  cluster.onAnswer = (request, _response, connection) => {
    if (memberEpoch(request.frame) !== 0 || lost > 0) return;
    lost++;
    connection.cut();
  };
  try {
    const member = memberOf(topics, uniqueName('group'), 'a');
    await send(topics.requests, REQUESTS);
    await finish(topics, REQUESTS, [member]);
    assert.equal(lost, 1);
  } finally {
    cluster.onAnswer = undefined;
  }
});

test('a member is killed, and the one that is started in its place waits while its session lasts', {
  skip: noBroker,
}, async () => {
  const topics = await createTopics();
  const group = uniqueName('group');
  const first = memberOf(topics, group, 'a');
  await first.waitFor('partitions_assigned');
  let joins = 0;
  // How long a start takes does not matter: the session of the first begins to run out when the second asks.
  cluster.onAnswer = ({ frame }) => {
    if (memberEpoch(frame) === 0 && joins++ === 0) first.kill('SIGKILL');
  };
  try {
    const second = memberOf(topics, group, 'a');
    await first.exited;
    await send(topics.requests, REQUESTS);
    await finish(topics, REQUESTS, [second]);
    assert.match(second.log(), HELD);
    assert.ok(joins > 2, `it asked ${joins} times`);
  } finally {
    cluster.onAnswer = undefined;
  }
});

test('a twin waits, can be ended while it does, and takes over when the first ends', {
  skip: noBroker,
}, async () => {
  const topics = await createTopics();
  const group = uniqueName('group');
  const first = memberOf(topics, group, 'a');
  await first.waitFor('partitions_assigned');
  const twin = memberOf(topics, group, 'a');
  await twin.waitFor('kafka_error');
  assert.match(twin.log(), HELD);
  twin.kill('SIGTERM');
  assert.equal(await twin.exited, 0, twin.log());

  const next = memberOf(topics, group, 'a');
  await next.waitFor('kafka_error');
  await send(topics.requests, REQUESTS);
  const { lost, doubled } = await waitForDelivery(cluster.direct, topics, REQUESTS); // by the first, undisturbed
  assert.deepEqual({ lost, doubled }, { lost: [], doubled: [] }, first.log());
  assert.doesNotMatch(first.log(), /partitions_revoked|transaction_aborted/);
  first.kill('SIGTERM');
  assert.equal(await first.exited, 0, first.log());
  await next.waitFor('partitions_assigned');
  await send(topics.requests, REQUESTS);
  await finish(topics, 2 * REQUESTS, [next]);
});
