/** Request topics that are named by a pattern, on a real Kafka. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import Kafka from 'node-rdkafka';
import { consumerProperties, consumerTopicProperties } from '../../src/config/librdkafka.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/schema.ts';
import { commandWith } from '../helpers/command.ts';
import { waitForRecords } from '../helpers/delivery.ts';
import { noBroker, sharedBroker, uniqueName } from '../helpers/kafka-broker.ts';
import { committedOffsets, deleteTopic, produceAll, readAll } from '../helpers/kafka-client.ts';
import { startService } from '../helpers/service-process.ts';

const GOOD = JSON.stringify({ text: 'I love this wonderful film' });

async function patternPlace() {
  const { bootstrapServers: bootstrap, createTopic } = await sharedBroker();
  const prefix = uniqueName('tickets');
  const [results, deadLetters] = [uniqueName('results'), uniqueName('dead-letters')];
  for (const topic of [`${prefix}-a`, results, deadLetters]) await createTopic(topic, 2);
  const settings = {
    'kafka.bootstrap_servers': bootstrap,
    'kafka.topic': `^${prefix}-.*`,
    'kafka.results_topic': results,
    'kafka.dlq_topic': deadLetters,
    'kafka.consumer_group': uniqueName('group'),
    'kafka.auto_offset_reset': 'earliest',
    'kafka.dlq_stop_ratio': 0,
    'kafka.librdkafka': JSON.stringify({ 'topic.metadata.refresh.interval.ms': 500 }),
    'model.path': 'models/accurate',
  };
  const answered = (count: number) => waitForRecords(bootstrap, [results, deadLetters], count);
  return { bootstrap, createTopic, prefix, results, deadLetters, settings, answered };
}

test('a topic that is created while the service runs is read from its beginning, and every tool knows it', {
  skip: noBroker,
}, async () => {
  const { bootstrap, createTopic, prefix, settings, answered } = await patternPlace();
  const [first, second] = [`${prefix}-a`, `${prefix}-b`];
  await produceAll(bootstrap, first, [{ value: GOOD }, { value: GOOD }]);
  const service = startService(settings);
  assert.equal(await answered(2), 2);
  await createTopic(second, 2);
  await createTopic(`other-${prefix}-c`, 1);
  await produceAll(bootstrap, second, [
    { value: GOOD, partition: 0 },
    { value: 'broken', partition: 0 },
  ]);
  assert.equal(await answered(4), 4);
  const starts = await committedOffsets(bootstrap, settings['kafka.consumer_group'], second);
  assert.deepEqual(starts[1], { partition: 1, offset: 0 }, 'an empty partition has its start, too');

  const command = commandWith(settings);
  const lag = await command('lag', '--json');
  const topicsOf = (rows: readonly { topic: string }[]) =>
    [...new Set(rows.map(({ topic }) => topic))].sort();
  assert.deepEqual(topicsOf(lag.json.partitions), [first, second]);
  const doctor = await command('doctor', '--json');
  assert.match(doctor.stdout, new RegExp(`may read ${first}, ${second}`));
  const replay = await command('dlq', 'replay', '--json');
  assert.equal(replay.json.replayed, 1, replay.stdout);
  assert.equal(await answered(5), 5);
  service.kill('SIGTERM');
  assert.equal(await service.exited, 0, service.log());

  const verified = await command('verify', '--json');
  assert.equal(verified.code, 0, verified.stdout);
  assert.deepEqual([verified.json.requests, verified.json.results, verified.json.deadLetters], [5, 3, 2]);
  const offsets = await command('offsets', 'show', '--json', '--topic', second);
  assert.equal(offsets.code, 0, offsets.stderr);
});

test('a service may be started before any topic matches', { skip: noBroker }, async () => {
  const { bootstrap, createTopic, prefix, settings, answered } = await patternPlace();
  const service = startService({ ...settings, 'kafka.topic': `^${prefix}-late` });
  await service.waitFor('service_started');
  await createTopic(`${prefix}-late`, 1);
  await produceAll(bootstrap, `${prefix}-late`, [{ value: GOOD }]);
  assert.equal(await answered(1), 1);
  service.kill('SIGTERM');
  assert.equal(await service.exited, 0, service.log());
});

test('a topic that is deleted is given up, and the others are read on', { skip: noBroker }, async () => {
  const { bootstrap, createTopic, prefix, settings, answered } = await patternPlace();
  await createTopic(`${prefix}-b`, 1);
  await produceAll(bootstrap, `${prefix}-b`, [{ value: GOOD }]);
  const service = startService(settings);
  assert.equal(await answered(1), 1);
  await deleteTopic(bootstrap, `${prefix}-b`);
  await service.waitFor('partitions_revoked');
  await produceAll(bootstrap, `${prefix}-a`, [{ value: GOOD }]);
  assert.equal(await answered(2), 2);
  service.kill('SIGTERM');
  assert.equal(await service.exited, 0, service.log());
});

test('a pattern that matches a topic with results is refused before anything is read', {
  skip: noBroker,
}, async () => {
  const { bootstrap, settings, results, prefix } = await patternPlace();
  await produceAll(bootstrap, `${prefix}-a`, [{ value: GOOD }]);
  for (const [key, value, sentence] of [
    ['kafka.topic', `^${results}`, /where results go: they would be read as requests/],
    ['result.routes', JSON.stringify({ NEGATIVE: `${prefix}-alerts` }), /where results go/],
    ['kafka.dlq_topic', `${prefix}-dead`, /dead letters would be read as requests, forever/],
  ] as const) {
    const service = startService({ ...settings, [key]: value });
    assert.equal(await service.exited, 2, service.log());
    assert.match(service.log(), sentence);
  }
  assert.deepEqual(await readAll(bootstrap, results), []);
});

test('a consumer does not see the topics that are written, even if its pattern matches them', {
  skip: noBroker,
}, async () => {
  const { createTopic, prefix, settings } = await patternPlace();
  const { config } = loadConfig({ overrides: settings });
  await createTopic(`${prefix}-results`, 1);
  // The configuration would refuse this.
  const loop: Config = { ...config, kafka: { ...config.kafka, results_topic: `${prefix}-results` } };
  const assigned = async (its: Config): Promise<string[]> => {
    const consumer = new Kafka.KafkaConsumer(
      { ...consumerProperties(its, 0), 'group.id': uniqueName('group') } as never,
      consumerTopicProperties(its) as never,
    );
    await new Promise<void>((resolve, reject) => {
      consumer.connect({}, (error) => (error ? reject(error) : resolve()));
    });
    consumer.subscribe([...its.kafka.topic]);
    const deadline = performance.now() + 60_000;
    while (consumer.assignments().length === 0 && performance.now() < deadline)
      await new Promise<void>((resolve) => consumer.consume(1, () => resolve()));
    const found = consumer.assignments().map(({ topic }) => topic);
    await new Promise<void>((resolve) => consumer.disconnect(() => resolve()));
    return [...new Set(found)].sort();
  };
  assert.deepEqual(await assigned(config), [`${prefix}-a`, `${prefix}-results`]);
  assert.deepEqual(await assigned(loop), [`${prefix}-a`]);
});
