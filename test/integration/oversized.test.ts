/** A dead letter that its topic does not take must not hold up everything behind it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headerOf, waitForDelivery } from '../helpers/delivery.ts';
import { noBroker, sharedBroker, uniqueName } from '../helpers/kafka-broker.ts';
import { produceAll } from '../helpers/kafka-client.ts';
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
  const service = startService({
    'kafka.bootstrap_servers': bootstrapServers,
    ...topicSettings(topics),
    'kafka.consumer_group': uniqueName('group'),
  });
  const { lost, doubled, deadLetters } = await waitForDelivery(bootstrapServers, topics, 4);
  service.kill('SIGTERM');
  assert.equal(await service.exited, 0, service.log());
  assert.deepEqual({ lost, doubled }, { lost: [], doubled: [] });
  const large = deadLetters.find((record) => headerOf(record, 'kafka_dlt-original-offset') === '1');
  assert.equal(large?.value, null);
  assert.equal(headerOf(large as never, 'x-value-omitted-bytes'), '60000');
  assert.equal(headerOf(large as never, 'x-error-type'), 'invalid_json');
});
