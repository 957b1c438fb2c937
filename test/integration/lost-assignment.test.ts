/** KIP-848: the answer that changes what a member has is lost on its way, and the broker sends it only once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startCluster } from '../chaos/cluster.ts';
import { waitForDelivery } from '../helpers/delivery.ts';
import { noBroker, uniqueName } from '../helpers/kafka-broker.ts';
import { produceAll } from '../helpers/kafka-client.ts';
import { type ServiceProcess, startService } from '../helpers/service-process.ts';
import { topicSettings, uniqueTopics } from '../helpers/topics.ts';

const PARTITIONS = 4;
/** Much shorter than the session, so that the member comes back before the group gives it up. */
const SOCKET_TIMEOUT_MS = 3_000;
const LIMIT_MS = 60_000;
/** A correlation id that no request has. */
const NOBODY = 0x7fff_ffff;

test('a member whose new assignment was lost on its way gets it all the same', {
  skip: noBroker,
}, async (t) => {
  const cluster = await startCluster(1, { 'group.consumer.session.timeout.ms': '45000' });
  t.after(() => cluster.close());
  const topics = uniqueTopics();
  await cluster.broker.createTopic(topics.requests, PARTITIONS);
  for (const topic of [topics.results, topics.deadLetters]) await cluster.broker.createTopic(topic, 1);
  const group = uniqueName('group');
  const member = (name: string): ServiceProcess =>
    startService({
      'kafka.bootstrap_servers': cluster.proxied,
      ...topicSettings(topics),
      'kafka.consumer_group': group,
      'kafka.group_protocol': 'consumer',
      'kafka.consumer_threads': 1,
      'kafka.transactional_id': `${group}-${name}`,
      'kafka.librdkafka': JSON.stringify({ 'socket.timeout.ms': SOCKET_TIMEOUT_MS }),
      'model.path': 'null',
    });
  let lost = 0;
  cluster.onAnswer = ({ header }, response) => {
    if (header.api !== 'groupHeartbeat' || lost > 0) return;
    const partitions = assignedIn(response);
    if (partitions === 0 || partitions === PARTITIONS) return;
    // It tells the first member what to give up, and has no new epoch that would tell of it again.
    lost++;
    // To the client it is the answer to something that it has not asked.
    response.writeInt32BE(NOBODY, 4);
  };
  const first = member('a');
  await first.waitFor('partitions_assigned');
  const second = member('b');
  for (
    const deadline = performance.now() + LIMIT_MS;
    !second.log().includes('"event":"partitions_assigned"');
  ) {
    assert.ok(performance.now() < deadline, `${lost} answers were lost.\n${second.log()}`);
    await sleep(200);
  }
  assert.equal(lost, 1, second.log());
  await produceAll(
    cluster.direct,
    topics.requests,
    Array.from({ length: 40 }, (_, i) => ({ value: `{"text":"number ${i}"}`, partition: i % PARTITIONS })),
  );
  const delivery = await waitForDelivery(cluster.direct, topics, 40);
  assert.deepEqual(
    { lost: delivery.lost, doubled: delivery.doubled },
    { lost: [], doubled: [] },
    second.log(),
  );
  for (const service of [first, second]) {
    service.kill('SIGTERM');
    assert.equal(await service.exited, 0, service.log());
  }
});

/** How many partitions a ConsumerGroupHeartbeat answer assigns, versions 0 and 1: https://kafka.apache.org/protocol */
function assignedIn(frame: Buffer): number {
  let at = 4 + 4 + 1 + 4 + 2; // length, correlation id, tags, throttle time, error code
  // Texts and arrays carry their length plus one: error message and member id.
  for (let i = 0; i < 2; i++) at += Math.max(1, frame[at] as number);
  at += 4 + 4; // epoch, heartbeat interval
  const hasAssignment = frame.readInt8(at++) === 1;
  const topics = hasAssignment ? (frame[at++] as number) - 1 : 0;
  // There is one topic, whose id has 16 bytes.
  return topics > 0 ? (frame[at + 16] as number) - 1 : 0;
}
