/** The transactional producer against a real coordinator, apart from the pipeline. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TransactionalProducer } from '../../src/kafka/transactional-producer.ts';
import { noBroker, sharedBroker, uniqueName } from '../helpers/kafka-broker.ts';
import { produceAll, readAll } from '../helpers/kafka-client.ts';

test('a transaction that is open when its producer closes does not hold up the readers', {
  skip: noBroker,
}, async () => {
  const { bootstrapServers, createTopic } = await sharedBroker();
  const topic = uniqueName('results');
  await createTopic(topic, 1);
  const producer = new TransactionalProducer({
    properties: {
      'bootstrap.servers': bootstrapServers,
      'transactional.id': uniqueName('id'),
      'transaction.timeout.ms': 600_000, // by itself it would stay open for longer than any test
    },
    topicProperties: {},
    topics: [topic],
    onWarning: () => undefined,
    onFatal: (error) => assert.fail(error),
    connectTimeoutMs: 30_000,
  });
  await producer.connect();
  await producer.begin();
  producer.produce({ topic, partition: 0, key: null, value: Buffer.from('open'), headers: [] });
  while ((await readAll(bootstrapServers, topic, { isolation: 'read_uncommitted' })).length === 0);
  await produceAll(bootstrapServers, topic, [{ value: 'after' }]);
  assert.deepEqual(await readAll(bootstrapServers, topic), []);
  await producer.disconnect();
  let visible: string[] = [];
  while (visible.length === 0)
    visible = (await readAll(bootstrapServers, topic)).map(({ value }) => String(value));
  assert.deepEqual(visible, ['after']);
});
