/** Each configuration in configs/examples/ does with a topic of its kind what its comment says, on a real Kafka. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { commandWith } from '../helpers/command.ts';
import { headerOf } from '../helpers/delivery.ts';
import { noBroker, sharedBroker, uniqueName } from '../helpers/kafka-broker.ts';
import { produceAll, type ReadRecord, readAll } from '../helpers/kafka-client.ts';
import { root } from '../helpers/paths.ts';
import { startCommand, testSettings } from '../helpers/service-process.ts';
import { topicSettings, uniqueTopics } from '../helpers/topics.ts';
import { examples, type Example } from './examples.ts';

const folder = join(root, 'configs/examples');

test('every example has a case here', () => {
  const files = readdirSync(folder).map((file) => file.replace(/\.yaml$/, ''));
  assert.deepEqual(Object.keys(examples).sort(), files.sort());
});

for (const [name, example] of Object.entries(examples)) {
  test(`${name}: ${example.promise}`, { skip: noBroker }, async () => {
    const { results, deadLetters } = await run(name, example);
    assert.deepEqual(
      deadLetters.map((record) => headerOf(record, 'kafka_dlt-exception-message')),
      example.reasons ?? [],
    );
    assert.equal(results.length, example.results.length);
    for (const [i, expected] of example.results.entries()) check(results[i] as ReadRecord, expected);
  });
}

async function run(name: string, { records, results, reasons = [] }: Example) {
  const { bootstrapServers, createTopic } = await sharedBroker();
  const topics = uniqueTopics();
  for (const topic of Object.values(topics)) await createTopic(topic, 1);
  await produceAll(bootstrapServers, topics.requests, records);
  const settings = {
    ...testSettings,
    ...topicSettings(topics),
    'kafka.bootstrap_servers': bootstrapServers,
    'kafka.consumer_group': uniqueName('group'),
    'kafka.dlq_stop_ratio': 0,
  };
  const args = [
    ...['--config', join(folder, `${name}.yaml`)],
    ...Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`]),
  ];
  const service = startCommand(['consume', ...args]);
  const seen = await waitFor(bootstrapServers, topics, results.length + reasons.length);
  service.kill('SIGTERM');
  assert.equal(await service.exited, 0, service.log());
  const { code, stdout } = await commandWith(settings)('verify', '--config', join(folder, `${name}.yaml`));
  assert.equal(code, 0, stdout);
  return seen;
}

async function waitFor(bootstrapServers: string, topics: ReturnType<typeof uniqueTopics>, count: number) {
  const deadline = performance.now() + 300_000;
  for (;;) {
    const results = await readAll(bootstrapServers, topics.results);
    const deadLetters = await readAll(bootstrapServers, topics.deadLetters);
    if (results.length + deadLetters.length >= count || performance.now() > deadline)
      return { results, deadLetters };
    await sleep(200);
  }
}

function check(record: ReadRecord, expected: Example['results'][number]): void {
  const text = String(record.value);
  const value = JSON.parse(text) as Record<string, unknown>;
  for (const [member, wanted] of Object.entries(expected.members))
    assert.deepEqual(value[member], wanted, member);
  for (const part of expected.bytes ?? []) assert.ok(text.includes(part), `${text} has no ${part}`);
  if (expected.timestamp !== undefined) assert.equal(record.timestamp, expected.timestamp);
  if (expected.headers !== undefined) {
    const names = (record.headers ?? []).flatMap((header) => Object.keys(header));
    assert.deepEqual(names, [...expected.headers, 'x-consumer-group']);
  }
}
