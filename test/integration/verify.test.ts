/** `kubesentiment verify` finds what was planted, and nothing in what the service has done. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import type { MessageHeader } from '../../src/types.ts';
import { type VerifyReport, verifyDelivery } from '../../src/verify/verify.ts';
import { waitForDelivery } from '../helpers/delivery.ts';
import { noBroker, sharedBroker, uniqueName } from '../helpers/kafka-broker.ts';
import { produceAll, type TestRecord } from '../helpers/kafka-client.ts';
import { type Settings, startService } from '../helpers/service-process.ts';

interface Scene {
  readonly bootstrap: string;
  readonly requests: string;
  readonly results: string;
  readonly deadLetters: string;
  readonly settings: Settings;
  verify(more?: Record<string, unknown>): Promise<VerifyReport>;
}

async function createScene(): Promise<Scene> {
  const { bootstrapServers: bootstrap, createTopic } = await sharedBroker();
  const [requests, results, deadLetters] = ['requests', 'results', 'dead-letters'].map(uniqueName) as [
    string,
    string,
    string,
  ];
  for (const topic of [requests, results, deadLetters]) await createTopic(topic, 2);
  const settings = {
    'kafka.bootstrap_servers': bootstrap,
    'kafka.topic': requests,
    'kafka.results_topic': results,
    'kafka.dlq_topic': deadLetters,
    'kafka.consumer_group': uniqueName('group'),
  };
  const verify = (more = {}) => verifyDelivery(loadConfig({ overrides: { ...settings, ...more } }).config);
  return { bootstrap, requests, results, deadLetters, settings, verify };
}

const request = (i: number): TestRecord => ({
  value: JSON.stringify({ text: `Number ${i} was fine.` }),
  partition: i % 2,
});

test('the work of the service passes, a doubled result and a dead letter beside one do not', {
  skip: noBroker,
}, async () => {
  const scene = await createScene();
  const { bootstrap, requests, results, deadLetters, settings, verify } = scene;
  await produceAll(
    bootstrap,
    requests,
    Array.from({ length: 100 }, (_, i) => request(i)),
  );
  await produceAll(bootstrap, requests, [{ value: 'no request', partition: 0 }]);
  assert.equal((await verify()).pending, 101);

  const service = startService({ ...settings, 'kafka.dlq_stop_ratio': 0 });
  const { results: written, deadLetters: dead } = await waitForDelivery(
    bootstrap,
    { requests, results, deadLetters },
    101,
  );
  service.kill('SIGTERM');
  assert.equal(await service.exited, 0, service.log());
  const good = await verify();
  assert.equal(good.verdict, 'kept', JSON.stringify(good));
  assert.deepEqual([good.requests, good.results, good.deadLetters, good.pending], [101, 100, 1, 0]);

  const [first] = written;
  assert.ok(first !== undefined);
  await produceAll(bootstrap, results, [{ value: first.value, partition: first.partition }]);
  const { source } = JSON.parse(String(first.value)) as { source: { partition: number; offset: number } };
  // Not behind the one that is there: it would be out of order too.
  const partition = 1 - (dead[0]?.partition ?? 0);
  await produceAll(bootstrap, deadLetters, [
    { ...deadLetter(requests, source.partition, source.offset), partition },
  ]);
  const bad = await verify();
  assert.equal(bad.verdict, 'broken');
  const name = `${requests}/${source.partition}/${source.offset}`;
  assert.deepEqual(bad.duplicated, { count: 1, examples: [name] });
  assert.deepEqual(bad.both, { count: 1, examples: [name] });
  assert.equal(bad.outOfOrder.count, 1);
  assert.equal(bad.lost.count, 0);
});

test('a committed request without a record is lost, unless some have none on purpose', {
  skip: noBroker,
}, async () => {
  const { bootstrap, requests, settings, verify } = await createScene();
  await produceAll(bootstrap, requests, [{ value: 'no request', partition: 1 }]);
  // Without dead letters the service commits it and writes nothing.
  const service = startService({ ...settings, 'kafka.dlq_enabled': false, 'kafka.dlq_stop_ratio': 0 });
  await service.waitFor('dead_letter');
  service.kill('SIGTERM');
  assert.equal(await service.exited, 0, service.log());
  const report = await verify();
  assert.deepEqual(report.lost, { count: 1, examples: [`${requests}/1/0`] });
  assert.equal(report.verdict, 'broken');
  const onPurpose = await verify({ 'kafka.dlq_enabled': false });
  assert.deepEqual([onPurpose.lost.count, onPurpose.passedOver.count], [0, 1]);
  assert.equal(onPurpose.verdict, 'kept');
});

test('what may be lost or stuck, and results older than their request, are not vouched for', {
  skip: noBroker,
}, async () => {
  const { bootstrap, requests, results, verify } = await createScene();
  const minutesAgo = (minutes: number) => Date.now() - minutes * 60_000;
  const sent = Array.from({ length: 5 }, () => ({ ...request(0), timestamp: minutesAgo(10) }));
  await produceAll(bootstrap, requests, sent);
  const result = (offset: number, minutes: number): TestRecord => ({
    value: JSON.stringify({ source: { topic: requests, partition: 0, offset } }),
    partition: 0,
    timestamp: minutesAgo(minutes),
  });
  await produceAll(bootstrap, results, [result(0, 9), result(2, 9)]);
  const passedOver = await verify();
  assert.deepEqual(passedOver.stuck, { count: 1, examples: [`${requests}/0/1`] });
  assert.deepEqual([passedOver.pending, passedOver.verdict], [3, 'unknown']);
  await produceAll(bootstrap, results, [result(4, 60)]);
  const { tooOld, verdict } = await verify();
  assert.deepEqual([tooOld, verdict], [{ count: 1, examples: [`${requests}/0/4`] }, 'unknown']);
});

test('a replay that fails again belongs to the replay, not to the first request', {
  skip: noBroker,
}, async () => {
  const { bootstrap, requests, deadLetters, settings, verify } = await createScene();
  const replay = { ...deadLetter(requests, 0, 0, '1'), partition: 1 };
  await produceAll(bootstrap, requests, [{ value: 'no request', partition: 0 }]);
  await produceAll(bootstrap, requests, [replay]);
  const service = startService({ ...settings, 'kafka.dlq_stop_ratio': 0 });
  await waitForDelivery(
    bootstrap,
    { requests, results: settings['kafka.results_topic'] as string, deadLetters },
    2,
  );
  service.kill('SIGTERM');
  assert.equal(await service.exited, 0, service.log());
  const report = await verify();
  assert.deepEqual([report.requests, report.deadLetters], [2, 2]);
  assert.equal(report.verdict, 'kept', JSON.stringify(report));
});

test('results of another program, without dead letters: the origin is where the user says', {
  skip: noBroker,
}, async () => {
  const { bootstrapServers: bootstrap, createTopic } = await sharedBroker();
  const [requests, results] = [uniqueName('requests'), uniqueName('results')];
  for (const topic of [requests, results]) await createTopic(topic, 1);
  const { config } = loadConfig({
    overrides: {
      'kafka.bootstrap_servers': bootstrap,
      'kafka.topic': requests,
      'kafka.results_topic': results,
      'kafka.dlq_topic': uniqueName('not-there'),
      'kafka.consumer_group': uniqueName('group'),
    },
  });
  await produceAll(bootstrap, requests, [{ value: 'one' }, { value: 'two' }]);
  const result = (offset: string): TestRecord => ({ value: '{"partition":0}', headers: [{ offset }] });
  await produceAll(bootstrap, results, [result('1'), result('1'), { value: 'of another' }]);

  const origin = 'partition=/partition,offset=header:offset';
  const report = await verifyDelivery(config, { origin, deadLetters: false });
  assert.deepEqual([report.requests, report.results, report.withoutOrigin], [2, 2, 1]);
  assert.deepEqual([report.pending, report.duplicated.examples], [1, [`${requests}/0/1`]]);
  await assert.rejects(verifyDelivery(config, { origin: '/from', deadLetters: false }), {
    code: 'KS_USAGE',
    message: new RegExp(`None of the 3 records in "${results}" names a request at "/from"`),
  });
});

function deadLetter(
  topic: string,
  partition: number,
  offset: number,
  replays = '0',
): TestRecord & { headers: MessageHeader[] } {
  return {
    value: 'no request',
    headers: [
      { 'kafka_dlt-original-topic': topic },
      { 'kafka_dlt-original-partition': String(partition) },
      { 'kafka_dlt-original-offset': String(offset) },
      { 'x-error-type': 'invalid_json' },
      { 'x-replay-count': replays },
    ],
  };
}
