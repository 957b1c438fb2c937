/** Requests behind a real schema registry and a real Apache Kafka, from end to end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import avro from 'avsc';
import { commandWith } from '../helpers/command.ts';
import { freePort } from '../helpers/free-port.ts';
import { headerOf } from '../helpers/delivery.ts';
import { sharedBroker, uniqueName } from '../helpers/kafka-broker.ts';
import { produceAll, readAll, type TestRecord } from '../helpers/kafka-client.ts';
import { framed, noRegistry, startRegistry } from '../helpers/schema-registry.ts';
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
  const send = (more: readonly TestRecord[]) => produceAll(bootstrapServers, topics.requests, more);
  return { settings, answers, send };
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
  const all: Settings = {
    ...settings,
    'schema_registry.url': registry.url,
    'request.format': 'avro',
    'request.text': '/comment',
    'request.id': '/number',
    'request.timestamp': '/placed',
    'result.include': '{"customer": "/customer"}',
  };
  const service = startService(all);
  const { results, reasons } = await answers(5);
  const topic = String(settings['kafka.topic']);
  const tried = await commandWith({ ...all, 'model.path': 'models/accurate' })(
    ...['try', '--topic', topic, '--json', '--show-text'],
  );
  const outcomes = tried.json.map(({ id: number, text }: Record<string, unknown>) => [number, text]);
  assert.deepEqual(
    outcomes,
    [['1', GOOD], ['2', BAD], [], [], []].map(([a, b]) => [a, b]),
    tried.stderr,
  );
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
  const { code, stderr } = await commandWith(all)('try', '--topic', topic);
  assert.equal(code, 1);
  assert.match(stderr, /The Schema Registry http.* has no answer\. It cannot be reached/);
});

test('auto: JSON Schema, Avro by a frame or by a header, and plain JSON, side by side', {
  skip: noRegistry,
}, async () => {
  const registry = await startRegistry();
  const text = { type: 'record', name: 'Text', fields: [{ name: 'text', type: 'string' }] };
  const jsonSchema = { $schema: 'http://json-schema.org/draft-07/schema#', type: 'object' };
  const jsonId = await registry.register('json', 'JSON', JSON.stringify(jsonSchema));
  const avroId = await registry.register('avro', 'AVRO', JSON.stringify(text));
  const payload = avro.Type.forSchema(text as avro.Schema).toBuffer({ text: GOOD });
  const { settings, answers } = await topicsWith([
    { value: framed(jsonId, Buffer.from(JSON.stringify({ id: 'json', text: BAD }))) },
    { value: framed(avroId, payload) },
    { value: payload, headers: [{ __value_schema_id: framed(avroId, Buffer.alloc(0)) }] },
    { value: JSON.stringify({ id: 'plain', text: BAD }) },
  ]);
  const service = startService({
    ...settings,
    'schema_registry.url': registry.url,
    'request.format': 'auto',
  });
  const { results, reasons } = await answers(4);
  service.kill('SIGTERM');
  assert.equal(await service.exited, 0, service.log());
  assert.deepEqual(reasons, []);
  const labels = results.map(({ label }) => label);
  assert.deepEqual(labels, ['NEGATIVE', 'POSITIVE', 'POSITIVE', 'NEGATIVE']);
  await registry.stop();
});

test('while the registry is away messages wait and /readyz says so; an id it does not know makes dead letters', {
  skip: noRegistry,
}, async () => {
  const port = await freePort();
  const http = await freePort();
  const text = { type: 'record', name: 'Text', fields: [{ name: 'text', type: 'string' }] };
  const payload = avro.Type.forSchema(text as avro.Schema).toBuffer({ text: GOOD });
  const { settings, answers, send } = await topicsWith([]);
  const service = startService({
    ...settings,
    'http.port': http,
    'schema_registry.url': `http://127.0.0.1:${port}/apis/ccompat/v7`,
    'schema_registry.username': 'reader',
    'schema_registry.password': 'ocelot-7',
    'request.format': 'avro',
  });
  await service.waitFor('partitions_assigned');
  await send([{ value: framed(1, payload) }, { value: framed(77, payload) }, { value: framed(1, payload) }]);
  await service.waitFor('schema_registry_away');
  const ready = await fetch(`http://127.0.0.1:${http}/readyz`);
  assert.equal(ready.status, 503);
  assert.match(await ready.text(), /The Schema Registry has no answer\. It cannot be reached/);
  assert.deepEqual(await answers(0), { results: [], reasons: [] });
  const metrics = async () => (await fetch(`http://127.0.0.1:${http}/metrics`)).text();
  while (!/^kafka_schema_waiting_messages\{.*\} 3$/m.test(await metrics())) await sleep(100);

  const registry = await startRegistry(port);
  assert.equal(await registry.register('texts', 'AVRO', JSON.stringify(text)), 1);
  await service.waitFor('schema_registry_back');
  const { results, reasons } = await answers(3);
  assert.deepEqual(
    results.map(({ label, source }) => [label, (source as { offset: number }).offset]),
    [
      ['POSITIVE', 0],
      ['POSITIVE', 2],
    ],
  );
  assert.match(await metrics(), /^kafka_schema_waiting_messages\{.*\} 0$/m);
  assert.deepEqual(reasons, [
    'The Schema Registry does not know the schema id of the value. ' +
      'It starts with a Schema Registry frame (schema id 77).',
  ]);
  service.kill('SIGTERM');
  assert.equal(await service.exited, 0, service.log());
  assert.ok(!service.log().includes('ocelot'), 'secrets are not logged');
  await registry.stop();
});
