/** Headers are bytes: whatever a request carries, its result and its dead letter carry. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitForDelivery } from '../helpers/delivery.ts';
import { noBroker, sharedBroker, uniqueName } from '../helpers/kafka-broker.ts';
import { fetchRaw, produceRaw, type RawHeader } from '../helpers/raw-records.ts';
import { startService } from '../helpers/service-process.ts';
import { topicSettings, uniqueTopics } from '../helpers/topics.ts';

const headers: readonly RawHeader[] = [
  ['binary', Buffer.from([0, 1, 2, 0, 0xff, 0xfe, 0x80, 0])],
  ['null', null],
  ['empty', Buffer.alloc(0)],
  ['twice', Buffer.from('first')],
  ['twice', Buffer.from('second')],
  ['__proto__', Buffer.from([0xc3, 0x28])],
  ['constructor', Buffer.from('c')],
  ['toString', null],
  ['0', Buffer.from('a name that is a number')],
  ['größe', Buffer.from('ü')],
];

test('binary, null, empty and repeated headers, and one named __proto__, arrive as they were sent', {
  skip: noBroker,
}, async () => {
  const { bootstrapServers, createTopic } = await sharedBroker();
  const topics = uniqueTopics();
  for (const topic of [topics.requests, topics.results, topics.deadLetters]) await createTopic(topic, 1);
  await produceRaw(bootstrapServers, topics.requests, 0, [
    { key: Buffer.from([0, 0xff]), value: Buffer.from(JSON.stringify({ text: 'good' })), headers },
    { key: null, value: Buffer.from('broken'), headers },
  ]);
  const service = startService({
    'kafka.bootstrap_servers': bootstrapServers,
    ...topicSettings(topics),
    'kafka.consumer_group': uniqueName('group'),
    'kafka.producer_compression_type': 'none',
  });
  const { lost, doubled } = await waitForDelivery(bootstrapServers, topics, 2);
  service.kill('SIGTERM');
  assert.equal(await service.exited, 0, service.log());
  assert.deepEqual({ lost, doubled }, { lost: [], doubled: [] });
  const [result] = await fetchRaw(bootstrapServers, topics.results, 0);
  const [deadLetter] = await fetchRaw(bootstrapServers, topics.deadLetters, 0);
  assert.deepEqual(result?.key, Buffer.from([0, 0xff]));
  assert.deepEqual(result?.headers.slice(0, headers.length), headers);
  assert.deepEqual(deadLetter?.value, Buffer.from('broken'));
  assert.deepEqual(deadLetter?.headers.slice(0, headers.length), headers);
});
