/**
 * Where a group starts is decided once for each partition, and kept: with `latest`, the default, nothing that was sent
 * to a service that was ready is ever passed over.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkDelivery, waitForDelivery } from '../helpers/delivery.ts';
import { freePort } from '../helpers/free-port.ts';
import { noBroker, sharedBroker, uniqueName } from '../helpers/kafka-broker.ts';
import { committedOffsets, produceAll, readAll } from '../helpers/kafka-client.ts';
import { deleteRecords, setTopicConfig } from '../helpers/kafka-wire.ts';
import { type ServiceProcess, type Settings, startService } from '../helpers/service-process.ts';
import { topicSettings, uniqueTopics } from '../helpers/topics.ts';

const PARTITIONS = 4;
const LIMIT_MS = 90_000;

const protocols: Readonly<Record<string, Settings>> = {
  cooperative: { 'kafka.partition_assignment_strategy': 'cooperative-sticky' },
  eager: { 'kafka.partition_assignment_strategy': 'range' },
  'KIP-848': { 'kafka.group_protocol': 'consumer' },
};

async function scene(settings: Settings = {}) {
  const broker = await sharedBroker();
  const topics = uniqueTopics();
  for (const topic of Object.values(topics)) await broker.createTopic(topic, PARTITIONS);
  const group = uniqueName('group');
  const port = await freePort();
  const start = (more: Settings = {}): ServiceProcess =>
    startService({
      'kafka.bootstrap_servers': broker.bootstrapServers,
      ...topicSettings(topics),
      'kafka.consumer_group': group,
      'kafka.auto_offset_reset': 'latest',
      'model.path': 'null',
      'http.port': port,
      ...settings,
      ...more,
    });
  const send = (count: number): Promise<void> =>
    produceAll(
      broker.bootstrapServers,
      topics.requests,
      Array.from({ length: count }, (_, i) => ({ value: '{"text":"fine"}', partition: i % PARTITIONS })),
    );
  const ready = async (service: ServiceProcess): Promise<void> => {
    await service.waitFor('http_listening');
    for (const deadline = performance.now() + LIMIT_MS; ; await sleep(5)) {
      const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
      if (answer?.status === 200) return;
      assert.ok(performance.now() < deadline, service.log());
    }
  };
  const stop = async (service: ServiceProcess): Promise<void> => {
    service.kill('SIGTERM');
    assert.equal(await service.exited, 0, service.log());
  };
  return { broker, topics, group, start, send, ready, stop, server: broker.bootstrapServers };
}

for (const [name, protocol] of Object.entries(protocols)) {
  test(`what is sent once a service is ready is answered, the first time too: ${name}`, {
    skip: noBroker,
  }, async () => {
    const { server, topics, start, send, ready, stop } = await scene(protocol);
    await send(40); // before the group exists: not for it
    const service = start();
    await ready(service);
    await send(40);
    const { results, doubled } = await waitForDelivery(server, topics, 40);
    assert.deepEqual([results.length, doubled], [40, []], service.log());
    await stop(service);
  });

  test(`members that join while the first requests come pass none over: ${name}`, {
    skip: noBroker,
  }, async () => {
    const { server, topics, start, send, ready, stop } = await scene(protocol);
    const members = [start()];
    await ready(members[0] as ServiceProcess);
    let sent = 0;
    for (; sent < 600; sent += 20) {
      if (sent === 100 || sent === 300) members.push(start({ 'http.port': 0 }));
      await send(20);
    }
    const { lost, doubled } = await waitForDelivery(server, topics, sent);
    assert.deepEqual([lost, doubled], [[], []]);
    for (const member of members) {
      await member.waitFor('service_started'); // before, a signal has no handler
      await stop(member);
    }
  });
}

// The group waits for the session of a killed member, 45 s with KIP-848, so these two run with one protocol.
test('what was read and not answered is read again after a stop', { skip: noBroker }, async () => {
  const { server, topics, start, send, ready, stop } = await scene();
  // Nothing is large enough for this limit, so the results topic takes no record.
  await setTopicConfig(server, topics.results, 'max.message.bytes', '1');
  const first = start({ 'kafka.drain_timeout_ms': 500 });
  await ready(first);
  await send(400);
  await first.waitFor('transaction_aborted');
  first.kill('SIGTERM');
  await first.exited;
  await setTopicConfig(server, topics.results, 'max.message.bytes', '1000000');
  const second = start();
  const { lost, doubled } = await waitForDelivery(server, topics, 400);
  assert.deepEqual([lost, doubled], [[], []], second.log());
  await stop(second);
});

test('a member that is killed before its first commit leaves its start behind', {
  skip: noBroker,
}, async () => {
  const { server, topics, start, send, ready, stop } = await scene();
  const first = start();
  await ready(first);
  await send(400);
  first.kill('SIGKILL');
  await first.exited;
  const second = start();
  const { lost, doubled } = await waitForDelivery(server, topics, 400);
  assert.deepEqual([lost, doubled], [[], []], second.log());
  await stop(second);
});

test('a partition that is added is read from its beginning', { skip: noBroker }, async () => {
  const { broker, server, topics, start, send, ready, stop } = await scene({
    'kafka.librdkafka': JSON.stringify({ 'topic.metadata.refresh.interval.ms': 2_000 }),
  });
  const service = start();
  await ready(service);
  await send(40);
  await waitForDelivery(server, topics, 40);
  await broker.addPartitions(topics.requests, PARTITIONS + 2);
  const added = Array.from({ length: 60 }, (_, i) => ({
    value: '{"text":"new"}',
    partition: PARTITIONS + (i % 2),
  }));
  await produceAll(server, topics.requests, added); // long before a consumer hears of them
  const { lost, doubled } = await waitForDelivery(server, topics, 100, LIMIT_MS);
  assert.deepEqual([lost, doubled], [[], []], service.log());
  await stop(service);
});

test('requests that were deleted before they were read are told, and those that are left are answered', {
  skip: noBroker,
}, async () => {
  const { server, topics, group, start, send, ready, stop } = await scene();
  const first = start();
  await ready(first);
  await send(40);
  await waitForDelivery(server, topics, 40);
  await stop(first);
  await send(400); // 100 for each partition, behind the 10 that were answered
  await deleteRecords(server, topics.requests, 1, 60);
  const second = start();
  await ready(second);
  const { lost, doubled } = await waitForDelivery(server, topics, 390, LIMIT_MS);
  assert.deepEqual([lost, doubled], [[], []], second.log());
  assert.match(second.log(), /"event":"offsets_skipped".*"partition":1,"from":10,"to":60,"reason":"trimmed"/);
  const port = /"event":"http_listening".*?"port":(\d+)/.exec(second.log())?.[1];
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  assert.match(metrics, /^kafka_offsets_skipped_total\{.*partition="1",reason="trimmed".*\} 50$/m);
  await stop(second);
  const committed = await committedOffsets(server, group, topics.requests);
  assert.deepEqual(
    committed.map(({ offset }) => offset),
    [110, 110, 110, 110],
  );
});

test('requests that are deleted while they wait behind a topic that takes nothing are told, and the rest goes on', {
  skip: noBroker,
}, async () => {
  const { server, topics, send, start, ready, stop } = await scene({
    'kafka.consumer_threads': 1,
    'kafka.buffer_size': 200,
    'kafka.max_poll_records': 100,
    'kafka.max_partition_fetch_bytes': 4_096,
    'kafka.auto_offset_reset': 'none',
  });
  const first = start({ 'kafka.auto_offset_reset': 'earliest' });
  await ready(first);
  await stop(first); // the group has offsets now
  await setTopicConfig(server, topics.results, 'max.message.bytes', '100');
  const service = start();
  await ready(service);
  for (let i = 0; i < 20; i++) await send(400); // in small batches: a fetch brings whole ones
  await service.waitFor('transaction_aborted');
  await deleteRecords(server, topics.requests, 1, 1_900);
  await setTopicConfig(server, topics.results, 'max.message.bytes', '1000000');
  await service.waitFor('offsets_skipped');
  const event = /"event":"offsets_skipped".*"partition":1,"from":(\d+),"to":1900,"reason":"trimmed"/.exec(
    service.log(),
  );
  const from = Number(event?.[1]);
  const skipped = 1_900 - from;
  assert.ok(from < 1_900, service.log());
  const { doubled, results } = await waitForDelivery(server, topics, 8_000 - skipped, LIMIT_MS);
  const offsets = results
    .map(({ value }) => JSON.parse(String(value)).source)
    .filter(({ partition }) => partition === 1);
  const wanted = [...Array(2_000).keys()].filter((offset) => offset < from || offset >= 1_900);
  assert.deepEqual(
    offsets.map(({ offset }) => offset).sort((a, b) => a - b),
    wanted,
    service.log(),
  );
  assert.equal(results.length, 8_000 - skipped);
  const counts = new Set(results.map(({ value }) => JSON.stringify(JSON.parse(String(value)).source)));
  assert.deepEqual([counts.size, doubled], [results.length, []]);
  const port = /"event":"http_listening".*?"port":(\d+)/.exec(service.log())?.[1];
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const counter = `kafka_offsets_skipped_total\\{.*partition="1",reason="trimmed".*\\} ${skipped}$`;
  assert.match(metrics, new RegExp(counter, 'm'));
  await stop(service);
});

test('a start is committed for every partition, also where nothing is sent', { skip: noBroker }, async () => {
  const { server, topics, group, start, send, ready, stop } = await scene({ 'kafka.consumer_threads': 3 });
  await send(8);
  const service = start();
  await ready(service);
  const committed = await committedOffsets(server, group, topics.requests);
  assert.deepEqual(
    committed.map(({ offset }) => offset),
    [2, 2, 2, 2],
  );
  await stop(service);
  assert.equal((await readAll(server, topics.results)).length, 0);
  const { deadLetters } = await checkDelivery(server, topics);
  assert.equal(deadLetters.length, 0);
});

test('a service with more consumers than partitions becomes ready', { skip: noBroker }, async () => {
  for (const protocol of Object.values(protocols)) {
    const { broker, topics, start, ready, stop } = await scene({ ...protocol, 'kafka.consumer_threads': 2 });
    const single = uniqueName('requests');
    await broker.createTopic(single, 1);
    const service = start({ 'kafka.topic': single, 'kafka.results_topic': topics.results });
    await ready(service);
    await stop(service);
  }
});
