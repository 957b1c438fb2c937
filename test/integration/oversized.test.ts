/** A record that its topic does not take must not hold up everything behind it. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { commandWith } from '../helpers/command.ts';
import { headerOf, waitForDelivery } from '../helpers/delivery.ts';
import { noBroker, sharedBroker, uniqueName } from '../helpers/kafka-broker.ts';
import { produceAll, type ReadRecord, readAll, type TestRecord } from '../helpers/kafka-client.ts';
import { produceRaw } from '../helpers/raw-records.ts';
import { setTopicConfig } from '../helpers/kafka-wire.ts';
import { startService } from '../helpers/service-process.ts';
import { topicSettings, uniqueTopics } from '../helpers/topics.ts';

/** Random, so that compression does not make it small. */
/** Of Kafka; the broker of the tests takes more. */
const DEFAULT_MAX = '1048588';

function noiseOf(length: number): string {
  return randomBytes(length).toString('base64').slice(0, length);
}

test('a value too large for the dead-letter topic is left out, and the rest goes on', {
  skip: noBroker,
}, async () => {
  const { bootstrapServers, createTopic } = await sharedBroker();
  const topics = uniqueTopics();
  await createTopic(topics.requests, 1);
  await createTopic(topics.results, 1);
  await createTopic(topics.deadLetters, 1, { 'max.message.bytes': '20000' });
  const noise = noiseOf(60_000);
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

for (const delivery of ['exactly_once', 'at_least_once'] as const) {
  test(`${delivery}: headers too large for the results topic are left out, a key makes a dead letter`, {
    skip: noBroker,
  }, async () => {
    const { bootstrapServers, createTopic } = await sharedBroker();
    const topics = uniqueTopics();
    await createTopic(topics.requests, 2, { 'max.message.bytes': '8000000' });
    await createTopic(topics.results, 2, { 'max.message.bytes': DEFAULT_MAX });
    await createTopic(topics.deadLetters, 1, { 'max.message.bytes': DEFAULT_MAX });
    const text = JSON.stringify({ text: 'fine' });
    const requests: TestRecord[] = Array.from({ length: 200 }, (_, i) => ({ value: text, partition: i % 2 }));
    requests[40] = { value: text, partition: 0, headers: [{ blob: noiseOf(1_200_000) }, { small: 'kept' }] };
    requests[41] = { value: text, partition: 1, key: noiseOf(1_300_000) };
    requests[42] = { value: 'broken', partition: 0, headers: [{ blob: noiseOf(1_200_000) }] };
    await produceAll(bootstrapServers, topics.requests, requests);
    const service = startService({
      'kafka.bootstrap_servers': bootstrapServers,
      ...topicSettings(topics),
      'kafka.consumer_group': uniqueName('group'),
      'kafka.delivery': delivery,
    });
    const deadline = performance.now() + 120_000;
    let found = await waitForDelivery(bootstrapServers, topics, 200);
    // At least once what was sent with a refused record is there again and again, and counts.
    while (found.lost.length > 0 && performance.now() < deadline)
      found = await waitForDelivery(bootstrapServers, topics, 200);
    const { lost, doubled, results, deadLetters } = found;
    service.kill('SIGTERM');
    assert.equal(await service.exited, 0, service.log());
    assert.deepEqual(lost, [], service.log());
    if (delivery === 'exactly_once') {
      assert.deepEqual(doubled, []);
      assert.equal(results.length, 198);
    }
    const letterOf = (place: string) =>
      deadLetters.find(
        (letter) =>
          place ===
          `${headerOf(letter, 'kafka_dlt-original-partition')}/${headerOf(letter, 'kafka_dlt-original-offset')}`,
      ) as ReadRecord;
    assert.equal(letterOf('0/20'), undefined);
    const [without] = results.filter((result) => headerOf(result, 'x-headers-omitted') !== undefined);
    assert.equal(
      headerOf(without as ReadRecord, 'x-headers-omitted'),
      String(1_200_000 + 'blobsmallkept'.length),
    );
    assert.equal(headerOf(without as ReadRecord, 'small'), undefined);
    const { source } = JSON.parse(String(without?.value)) as {
      source: { partition: number; offset: number };
    };
    assert.deepEqual([source.partition, source.offset], [0, 20]);
    assert.equal(headerOf(letterOf('1/20'), 'x-error-type'), 'produce_failed');
    assert.equal(headerOf(letterOf('1/20'), 'x-key-omitted-bytes'), '1300000');
    assert.equal(headerOf(letterOf('0/21'), 'x-error-type'), 'invalid_json');
    assert.equal(String(letterOf('0/21').value), 'broken');
  });
}

test('headers larger than the producer itself takes are left out, however well they compress', {
  skip: noBroker,
}, async () => {
  const { bootstrapServers, createTopic } = await sharedBroker();
  const topics = uniqueTopics();
  for (const topic of [topics.requests, topics.results, topics.deadLetters]) await createTopic(topic, 1);
  const [value, ordinary] = [Buffer.from('{"text":"fine"}'), Buffer.from('{"text":"ordinary"}')];
  const zeros = Buffer.alloc(110 * 2 ** 20);
  await produceRaw(
    bootstrapServers,
    topics.requests,
    0,
    [{ key: null, value, headers: [['zeros', zeros]] }],
    {
      gzip: true,
    },
  );
  await produceRaw(bootstrapServers, topics.requests, 0, [{ key: null, value: ordinary, headers: [] }]);
  const service = startService({
    'kafka.bootstrap_servers': bootstrapServers,
    ...topicSettings(topics),
    'kafka.consumer_group': uniqueName('group'),
    'kafka.librdkafka': JSON.stringify({ 'receive.message.max.bytes': 200_000_000 }),
  });
  let results: ReadRecord[] = [];
  while (results.length < 2) results = await readAll(bootstrapServers, topics.results);
  service.kill('SIGTERM');
  assert.equal(await service.exited, 0, service.log());
  assert.deepEqual(await readAll(bootstrapServers, topics.deadLetters), []);
  const omitted = results.map((result) => headerOf(result, 'x-headers-omitted'));
  assert.deepEqual(omitted, [String(zeros.length + 'zeros'.length), undefined]);
});
