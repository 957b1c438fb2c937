/** A dead letter that its topic does not take must not hold up everything behind it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { commandWith } from '../helpers/command.ts';
import { headerOf, waitForDelivery } from '../helpers/delivery.ts';
import { noBroker, sharedBroker, uniqueName } from '../helpers/kafka-broker.ts';
import { produceAll, readAll } from '../helpers/kafka-client.ts';
import { setTopicConfig } from '../helpers/kafka-wire.ts';
import { startService } from '../helpers/service-process.ts';
import { topicSettings, uniqueTopics } from '../helpers/topics.ts';

test('a value too large for the dead-letter topic is left out, and the rest goes on', {
  skip: noBroker,
}, async () => {
  const { bootstrapServers, createTopic } = await sharedBroker();
  const topics = uniqueTopics();
  await createTopic(topics.requests, 1);
  await createTopic(topics.results, 1);
  await createTopic(topics.deadLetters, 1, { 'max.message.bytes': '20000' });
  // Random, so that compression does not make it small.
  const noise = Array.from({ length: 60_000 }, () => Math.floor(Math.random() * 36).toString(36)).join('');
  await produceAll(bootstrapServers, topics.requests, [
    { value: JSON.stringify({ text: 'before' }), partition: 0 },
    { value: noise, key: 'too-long', partition: 0 },
    { value: 'short and broken', partition: 0 },
    { value: JSON.stringify({ text: 'after' }), partition: 0 },
  ]);
  const settings = {
    'kafka.bootstrap_servers': bootstrapServers,
    ...topicSettings(topics),
    'kafka.consumer_group': uniqueName('group'),
  };
  const service = startService(settings);
  const { lost, doubled, deadLetters } = await waitForDelivery(bootstrapServers, topics, 4);
  service.kill('SIGTERM');
  assert.equal(await service.exited, 0, service.log());
  assert.deepEqual({ lost, doubled }, { lost: [], doubled: [] });
  const large = deadLetters.find((record) => headerOf(record, 'kafka_dlt-original-offset') === '1');
  assert.equal(large?.value, null);
  assert.equal(headerOf(large as never, 'x-value-omitted-bytes'), '60000');
  assert.equal(headerOf(large as never, 'x-error-type'), 'invalid_json');
  const small = deadLetters.find((record) => headerOf(record, 'kafka_dlt-original-offset') === '2');
  assert.equal(String(small?.value), 'short and broken');

  // There is nothing left of it that could be replayed.
  const { json } = await commandWith(settings)('dlq', 'replay', '--json');
  assert.deepEqual([json.replayed, json.skipped.withoutValue], [1, 1]);
  assert.deepEqual([json.refused[0].offset, json.refused[0].isValueOmitted], [large?.offset, true]);
  const requests = await readAll(bootstrapServers, topics.requests);
  assert.deepEqual([requests.length, requests.filter(({ value }) => value === null).length], [5, 0]);
});

test('a topic that refuses a result costs no dead letter its value', { skip: noBroker }, async () => {
  const { bootstrapServers, createTopic } = await sharedBroker();
  const topics = uniqueTopics();
  await createTopic(topics.requests, 2);
  await createTopic(topics.results, 1, { 'max.message.bytes': '100' });
  await createTopic(topics.deadLetters, 1);
  const broken = 'short, broken and wanted';
  await produceAll(bootstrapServers, topics.requests, [
    { value: JSON.stringify({ text: 'fine' }), partition: 0 },
    { value: broken, partition: 1 },
  ]);
  const service = startService({
    'kafka.bootstrap_servers': bootstrapServers,
    ...topicSettings(topics),
    'kafka.consumer_group': uniqueName('group'),
  });
  const aborts = (): number => service.log().split('"event":"transaction_aborted"').length - 1;
  const deadline = performance.now() + 90_000;
  for (await service.waitFor('transaction_aborted'); aborts() < 8; await sleep(50))
    assert.ok(performance.now() < deadline, service.log());
  await setTopicConfig(bootstrapServers, topics.results, 'max.message.bytes', '1000000');
  const { lost, doubled, deadLetters } = await waitForDelivery(bootstrapServers, topics, 2);
  service.kill('SIGTERM');
  assert.equal(await service.exited, 0, service.log());
  assert.deepEqual({ lost, doubled }, { lost: [], doubled: [] });
  assert.equal(String(deadLetters[0]?.value), broken);
});
