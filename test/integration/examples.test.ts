/** Each configuration in configs/examples/ does with a topic of its kind what its comment says, on a real Kafka. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { commandWith } from '../helpers/command.ts';
import { loadConfig } from '../../src/config/load.ts';
import { isPattern } from '../../src/topic-patterns.ts';
import { headerOf, type Topics } from '../helpers/delivery.ts';
import { noBroker, sharedBroker, uniqueName } from '../helpers/kafka-broker.ts';
import { produceAll, type ReadRecord, readAll } from '../helpers/kafka-client.ts';
import { root } from '../helpers/paths.ts';
import { decodeFramed, noRegistry, startRegistry, type TestRegistry } from '../helpers/schema-registry.ts';
import { startCommand, testSettings } from '../helpers/service-process.ts';
import { topicSettings, uniqueTopics } from '../helpers/topics.ts';
import { examples, type Example } from './examples.ts';

const folder = join(root, 'configs/examples');

test('every example has a case here', () => {
  const files = readdirSync(folder).map((file) => file.replace(/\.yaml$/, ''));
  assert.deepEqual(Object.keys(examples).sort(), files.sort());
});

for (const [name, example] of Object.entries(examples)) {
  const skip = typeof example.records === 'function' ? noRegistry : noBroker;
  test(`${name}: ${example.promise}`, { skip }, async () => {
    const { results, deadLetters } = await run(name, example);
    assert.deepEqual(
      deadLetters.map((record) => headerOf(record, 'kafka_dlt-exception-message')),
      example.reasons ?? [],
    );
    assert.equal(results.length, example.results.length);
    for (const [i, expected] of example.results.entries()) check(results[i] as Result, expected);
  });
}

async function run(name: string, { records, results, reasons = [] }: Example) {
  const { bootstrapServers, createTopic } = await sharedBroker();
  const topics = uniqueTopics();
  const { kafka, result } = loadConfig({ file: join(folder, `${name}.yaml`) }).config;
  const { routes } = result;
  const own = (kafka.topics ?? []).map(ownTopic);
  const routed = Object.fromEntries(Object.keys(routes).map((label) => [label, uniqueName(label)]));
  for (const topic of [...Object.values(topics), ...Object.values(routed), ...own.map(({ topic }) => topic)])
    await createTopic(topic, 1);
  const registry = typeof records === 'function' ? await startRegistry() : undefined;
  const sent = typeof records === 'function' ? await records(registry as TestRegistry) : records;
  for (const topic of [topics.requests, ...own.map((each) => each.topic)])
    await produceAll(
      bootstrapServers,
      topic,
      sent.filter(({ entry }) => (entry === undefined ? topics.requests : own[entry]?.topic) === topic),
    );
  const settings = {
    ...(registry === undefined ? {} : { 'schema_registry.url': registry.url }),
    ...testSettings,
    ...topicSettings(topics),
    ...(own.length === 0 ? {} : { 'kafka.topics': JSON.stringify(own.map(({ entry }) => entry)) }),
    'kafka.bootstrap_servers': bootstrapServers,
    'kafka.consumer_group': uniqueName('group'),
    'kafka.dlq_stop_ratio': 0,
    'result.routes': JSON.stringify(routed),
  };
  const args = [
    ...['--config', join(folder, `${name}.yaml`)],
    ...Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`]),
  ];
  const service = startCommand(['consume', ...args]);
  const places = { ...topics, routed };
  const seen = await waitFor(bootstrapServers, places, results.length + reasons.length);
  service.kill('SIGTERM');
  assert.equal(await service.exited, 0, service.log());
  const { code, stdout } = await commandWith(settings)('verify', '--config', join(folder, `${name}.yaml`));
  assert.equal(code, 0, stdout);
  if (registry !== undefined && result.format !== 'json')
    for (const { record } of seen.results)
      record.value = Buffer.from(JSON.stringify(await decodeFramed(registry, record.value as Buffer)));
  await registry?.stop();
  const order = own.map(({ topic }) => topic);
  if (order.length > 0) seen.results.sort((a, b) => order.indexOf(topicOf(a)) - order.indexOf(topicOf(b)));
  return seen;
}

/** An entry of `kafka.topics` with a name that no other test uses, and a topic that it matches. */
function ownTopic<Entry extends { readonly topic: string }>(entry: Entry) {
  const name = uniqueName('requests');
  return isPattern(entry.topic)
    ? { entry: { ...entry, topic: `^${name}-.*` }, topic: `${name}-a` }
    : { entry: { ...entry, topic: name }, topic: name };
}

function topicOf({ record }: Result): string {
  return (JSON.parse(String(record.value)) as { source: { topic: string } }).source.topic;
}

interface Places extends Topics {
  /** By label. */
  readonly routed: Readonly<Record<string, string>>;
}

async function waitFor(bootstrapServers: string, places: Places, count: number) {
  const deadline = performance.now() + 300_000;
  for (;;) {
    const results: Result[] = [];
    for (const [route, topic] of [...Object.entries(places.routed), [undefined, places.results] as const])
      for (const record of await readAll(bootstrapServers, topic)) results.push({ record, route });
    const deadLetters = await readAll(bootstrapServers, places.deadLetters);
    if (results.length + deadLetters.length >= count || performance.now() > deadline)
      return { results, deadLetters };
    await sleep(200);
  }
}

interface Result {
  readonly record: ReadRecord;
  readonly route: string | undefined;
}

function check({ record, route }: Result, expected: Example['results'][number]): void {
  assert.equal(route, expected.route);
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
