/** Results behind a real schema registry: standard readers get from each format what JSON says. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandWith } from '../helpers/command.ts';
import { waitForRecords } from '../helpers/delivery.ts';
import { freePort } from '../helpers/free-port.ts';
import { sharedBroker, uniqueName } from '../helpers/kafka-broker.ts';
import { produceAll, type ReadRecord, readAll, type TestRecord } from '../helpers/kafka-client.ts';
import { decodeFramed, getJson, noRegistry, startRegistry } from '../helpers/schema-registry.ts';
import { type Settings, startService } from '../helpers/service-process.ts';
import { topicSettings, uniqueTopics } from '../helpers/topics.ts';

const GOOD = 'I love this wonderful film';
const BAD = 'I hate this terrible film';
const requests: readonly TestRecord[] = [
  {
    value: JSON.stringify({
      id: 'a "quoted" é\n',
      text: GOOD,
      timestamp: '2026-01-02',
      user: { name: 'Ada' },
    }),
  },
  { value: JSON.stringify({ id: 7, text: BAD, timestamp: 1_700_000_000_000, user: 'Bo"b' }) },
  { value: JSON.stringify({ text: GOOD }), headers: [{ __value_schema_id: Buffer.from([0, 0, 0, 0, 99]) }] },
  { value: JSON.stringify({ text: BAD, user: null }) },
  { value: 'not JSON' },
];
const RESULTS = requests.length - 1;

async function createScene() {
  const { bootstrapServers: bootstrap, createTopic } = await sharedBroker();
  const { requests: incoming, results, deadLetters } = uniqueTopics();
  const topics = { requests: incoming, results, deadLetters, alerts: uniqueName('alerts') };
  for (const topic of Object.values(topics)) await createTopic(topic, 1);
  await produceAll(bootstrap, topics.requests, requests);
  const settings: Settings = {
    ...topicSettings(topics),
    'kafka.bootstrap_servers': bootstrap,
    'kafka.consumer_group': uniqueName('group'),
    'kafka.dlq_stop_ratio': 0,
    'model.return_all_scores': true,
    'result.include': '{"user": "/user"}',
    'result.routes': JSON.stringify({ NEGATIVE: topics.alerts }),
  };
  return { bootstrap, topics, settings };
}

type Scene = Awaited<ReturnType<typeof createScene>>;

/** What the service writes, as records of the results topic and of the alerts. */
async function run({ bootstrap, topics, settings }: Scene, more: Settings): Promise<ReadRecord[]> {
  const service = startService({ ...settings, ...more });
  await waitForRecords(bootstrap, [topics.results, topics.alerts], RESULTS, 300_000);
  service.kill('SIGTERM');
  assert.equal(await service.exited, 0, service.log());
  return [...(await readAll(bootstrap, topics.results)), ...(await readAll(bootstrap, topics.alerts))];
}

/** What is left when time and format are taken off. */
function essence(result: Record<string, unknown>, isJson: boolean): unknown {
  const { id, label, score, scores, source, timestamp, truncated, attempts, model, model_version } = result;
  const included = isJson
    ? 'user' in result
      ? { user: JSON.stringify(result['user']) }
      : {}
    : result['included'];
  assert.ok((result['processed_at'] as number) > 1.7e12);
  assert.ok((result['latency_ms'] as number) > 0);
  return {
    ...{ label, score, scores: { ...(scores as object) }, truncated, attempts, model, model_version },
    ...{
      id: String(id).replace(/^requests-\w+/, 'requests'),
      timestamp: String(timestamp ?? ''),
      included: { ...(included as object) },
    },
    source: { ...(source as object), topic: '' },
  };
}

test('Avro, Protobuf and JSON Schema say what JSON says, to readers that take the schema from the registry', {
  skip: noRegistry,
}, async () => {
  const registry = await startRegistry();
  const plain = await run(await createScene(), {});
  const expected = plain.map(({ value }) => essence(JSON.parse(String(value)), true));
  assert.equal(expected.length, RESULTS);
  for (const format of ['avro', 'protobuf', 'json_schema']) {
    const scene = await createScene();
    const more = { 'result.format': format, 'schema_registry.url': registry.url };
    const { topics, settings } = scene;
    const doctor = async () => {
      const { stdout } = await commandWith({ ...settings, ...more, 'model.path': 'models/accurate' })(
        'doctor',
      );
      return stdout.split('\n').find((line) => line.includes('result schemas')) ?? stdout;
    };
    assert.match(await doctor(), new RegExp(`${topics.results}-value will be registered`));
    const records = await run(scene, more);
    const decoded = await Promise.all(records.map(({ value }) => decodeFramed(registry, value as Buffer)));
    assert.deepEqual(
      decoded.map((result) => essence(result, format === 'json_schema')),
      expected,
      format,
    );
    for (const { headers = [] } of records)
      assert.ok(!headers.some((header) => '__value_schema_id' in header), 'it belongs to the request');
    const subjects = await getJson<string[]>(`${registry.url}/subjects`);
    for (const topic of [topics.results, topics.alerts]) assert.ok(subjects.includes(`${topic}-value`));
    assert.match(
      await doctor(),
      new RegExp(`${topics.results}-value is schema \\d+, ${topics.alerts}-value is`),
    );
    const verified = await commandWith({ ...settings, ...more })('verify', '--json');
    assert.equal(verified.code, 0, verified.stdout + verified.stderr);
    const { requests: read, results, deadLetters, withoutOrigin } = verified.json;
    assert.deepEqual([read, results, deadLetters, withoutOrigin], [RESULTS + 1, RESULTS, 1, 0]);
  }
  await registry.stop();
});

test('verify finds a doubled result in Avro, and refuses to judge what it cannot read', {
  skip: noRegistry,
}, async () => {
  const registry = await startRegistry();
  const scene = await createScene();
  const more = { 'result.format': 'avro', 'schema_registry.url': registry.url };
  const { bootstrap, topics, settings } = scene;
  const [first] = await run(scene, more);
  await produceAll(bootstrap, topics.results, [{ value: (first as ReadRecord).value as Buffer }]);
  const verify = () => commandWith({ ...settings, ...more })('verify', '--json');
  const doubled = await verify();
  assert.equal(doubled.code, 1, doubled.stderr);
  assert.equal(doubled.json.duplicated.count, 1);
  await produceAll(bootstrap, topics.results, [{ value: Buffer.from([0, 0, 9, 9, 9, 1]) }]);
  const foreign = await verify();
  assert.equal(foreign.code, 2, foreign.stdout);
  assert.match(
    foreign.stderr,
    /There are results with schema 592137, which ".*-value", ".*-value" does not have/,
  );
  await registry.stop();
  const away = await verify();
  assert.equal(away.code, 1, away.stdout);
  assert.match(away.stderr, /The Schema Registry http.* has no answer\. It cannot be reached/);
});

test('a registry that is away and a schema that is not compatible end the start, before the group is joined', {
  skip: noRegistry,
}, async () => {
  const { settings, topics } = await createScene();
  const start = async (url: string) => {
    const service = startService({ ...settings, 'result.format': 'avro', 'schema_registry.url': url });
    assert.equal(await service.exited, 1, service.log());
    assert.ok(!service.log().includes('"broker_connected"'), service.log());
    return service.log();
  };
  const away = await start(`http://127.0.0.1:${await freePort()}/apis/ccompat/v7`);
  assert.match(away, /"result_registry_away"/);
  assert.match(away, /^kubesentiment: The Schema Registry http.* has no answer\. It cannot be reached/m);

  const waiting = startService({
    ...settings,
    ...{ 'result.format': 'avro', 'schema_registry.url': `http://127.0.0.1:${await freePort()}` },
  });
  await waiting.waitFor('result_registry_away');
  waiting.kill('SIGTERM');
  assert.equal(await waiting.exited, 0, waiting.log());
  assert.doesNotMatch(waiting.log(), /^kubesentiment: /m, 'it did not wait on');

  const registry = await startRegistry();
  const subject = `${topics.results}-value`;
  const other = { type: 'record', name: 'Other', fields: [{ name: 'a', type: 'string' }] };
  await registry.register(subject, 'AVRO', JSON.stringify(other));
  const config = await fetch(`${registry.url}/config/${subject}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ compatibility: 'BACKWARD' }),
  });
  assert.ok(config.ok, await config.text());
  const refused = await start(registry.url);
  assert.match(
    refused,
    /^kubesentiment: The Schema Registry does not take the schema of results.*\(?status 409/m,
  );
  await registry.stop();
});
