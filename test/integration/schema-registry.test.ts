/** Requests behind a real schema registry and a real Apache Kafka, from end to end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import avro from 'avsc';
import { headerOf } from '../helpers/delivery.ts';
import { sharedBroker, uniqueName } from '../helpers/kafka-broker.ts';
import { produceAll, readAll, type TestRecord } from '../helpers/kafka-client.ts';
import { noRegistry, startRegistry } from '../helpers/schema-registry.ts';
import { type Settings, startService } from '../helpers/service-process.ts';
import { topicSettings, uniqueTopics } from '../helpers/topics.ts';

const GOOD = 'I love this wonderful film';
const BAD = 'I hate this terrible film';

const customer = { type: 'record', name: 'shop.Customer', fields: [{ name: 'name', type: 'string' }] };
const order = {
  type: 'record',
  name: 'shop.Order',
  fields: [
    { name: 'number', type: 'long' },
    { name: 'customer', type: 'shop.Customer' },
    { name: 'placed', type: { type: 'long', logicalType: 'timestamp-micros' } },
    { name: 'comment', type: ['null', 'string'] },
  ],
};
const whole = avro.Type.forSchema({
  ...order,
  fields: order.fields.map((field) => (field.name === 'customer' ? { ...field, type: customer } : field)),
} as avro.Schema);

function framed(id: number, payload: Uint8Array): Buffer {
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(id, 1);
  return Buffer.concat([frame, payload]);
}

async function topicsWith(records: readonly TestRecord[]) {
  const { bootstrapServers, createTopic } = await sharedBroker();
  const topics = uniqueTopics();
  for (const topic of Object.values(topics)) await createTopic(topic, 1);
  await produceAll(bootstrapServers, topics.requests, records);
  const settings: Settings = {
    ...topicSettings(topics),
    'kafka.bootstrap_servers': bootstrapServers,
    'kafka.consumer_group': uniqueName('group'),
    'kafka.dlq_stop_ratio': 0,
  };
  const answers = async (count: number) => {
    const deadline = performance.now() + 300_000;
    for (;;) {
      const results = await readAll(bootstrapServers, topics.results);
      const deadLetters = await readAll(bootstrapServers, topics.deadLetters);
      if (results.length + deadLetters.length >= count || performance.now() > deadline) {
        return {
          results: results.map(({ value }) => JSON.parse(String(value)) as Record<string, unknown>),
          reasons: deadLetters.map((record) => headerOf(record, 'kafka_dlt-exception-message')),
        };
      }
      await sleep(100);
    }
  };
  return { settings, answers };
}

test('Avro with a reference to another subject: text, id, timestamp and included members', {
  skip: noRegistry,
}, async () => {
  const registry = await startRegistry();
  await registry.register('customer', 'AVRO', JSON.stringify(customer));
  const id = await registry.register('orders-value', 'AVRO', JSON.stringify(order), [
    { name: 'shop.Customer', subject: 'customer', version: 1 },
  ]);
  const value = (number: number, comment: string | null) =>
    framed(
      id,
      whole.toBuffer({ number, comment, customer: { name: 'Ada' }, placed: 1_700_000_000_000_000 + number }),
    );
  const { settings, answers } = await topicsWith([
    { value: value(1, GOOD) },
    { value: value(2, BAD) },
    { value: value(3, null) },
    { value: value(4, GOOD).subarray(0, -1) },
    { value: JSON.stringify({ comment: GOOD }) },
  ]);
  const service = startService({
    ...settings,
    'schema_registry.url': registry.url,
    'request.format': 'avro',
    'request.text': '/comment',
    'request.id': '/number',
    'request.timestamp': '/placed',
    'result.include': '{"customer": "/customer"}',
  });
  const { results, reasons } = await answers(5);
  service.kill('SIGTERM');
  assert.equal(await service.exited, 0, service.log());
  assert.deepEqual(
    results.map(({ id: number, label, timestamp, customer: who }) => [number, label, timestamp, who]),
    [
      [1, 'POSITIVE', 1_700_000_000_000, { name: 'Ada' }],
      [2, 'NEGATIVE', 1_700_000_000_000, { name: 'Ada' }],
    ],
  );
  assert.deepEqual(reasons, [
    `\`text\` is not a string. It starts with a Schema Registry frame (schema id ${id}).`,
    `The value ends before its schema does. It starts with a Schema Registry frame (schema id ${id}).`,
    'The value has neither the frame of a Schema Registry serializer nor a header with a schema id.',
  ]);
  await registry.stop();
});
