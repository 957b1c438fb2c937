/** What is set up wrongly is told in one sentence, with the exit code for it, and nothing hangs. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { waitForDelivery } from '../helpers/delivery.ts';
import { freePort } from '../helpers/free-port.ts';
import { noBroker, sharedBroker, uniqueName } from '../helpers/kafka-broker.ts';
import { produceAll } from '../helpers/kafka-client.ts';
import { root } from '../helpers/paths.ts';
import { type ServiceProcess, type Settings, startService } from '../helpers/service-process.ts';
import { topicSettings, uniqueTopics } from '../helpers/topics.ts';

const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-setup-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** The sentence for the user: the only line that is no log line. */
async function failureOf(service: ServiceProcess): Promise<{ code: number | string; sentence: string }> {
  const code = await service.exited;
  const plain = service
    .log()
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('{'));
  const [sentence = '', ...more] = plain;
  assert.deepEqual(more, [], 'one sentence is enough');
  assert.match(sentence, /^kubesentiment: [A-Za-z"].*\.$/);
  return { code, sentence };
}

/** Topics that exist, and the settings for them. */
async function prepare(partitions = 1): Promise<{ settings: Settings; topics: Record<TopicRole, string> }> {
  const { bootstrapServers, createTopic } = await sharedBroker();
  const topics = uniqueTopics();
  for (const topic of Object.values(topics)) await createTopic(topic, partitions);
  return {
    topics,
    settings: {
      'kafka.bootstrap_servers': bootstrapServers,
      ...topicSettings(topics),
      'kafka.consumer_group': uniqueName('group'),
    },
  };
}
type TopicRole = 'requests' | 'results' | 'deadLetters';

/** A port where nothing listens. */
const CLOSED = '127.0.0.1:1';

describe('wrong setup', { concurrency: 4 }, () => {
  test('an unreachable broker is tried again, visibly, and then given up', async () => {
    const service = startService({ 'kafka.bootstrap_servers': CLOSED });
    const { code, sentence } = await failureOf(service);
    assert.equal(code, 1);
    assert.match(sentence, /Connecting to the broker failed: .*Check bootstrap_servers/);
    const warnings = service.log().match(/"event":"broker_unreachable"/g) ?? [];
    assert.ok(warnings.length >= 3, service.log());
  });

  test('a model directory that does not exist', async () => {
    const { code, sentence } = await failureOf(startService({ 'model.path': join(folder, 'none') }));
    assert.equal(code, 2);
    assert.match(sentence, /model directory ".*none" does not exist\. Set model\.path/);
  });

  test('a model directory without a model', async () => {
    const path = modelWith('no-onnx');
    const { code, sentence } = await failureOf(startService({ 'model.path': path }));
    assert.equal(code, 2);
    assert.match(sentence, /"no-onnx" has no ONNX file/);
  });

  test('a model file that is none', async () => {
    const path = modelWith('broken', 'this is no ONNX');
    const { code, sentence } = await failureOf(startService({ 'model.path': path }));
    assert.equal(code, 2);
    assert.match(sentence, /"broken" has a model\.onnx that is no ONNX model/);
  });

  test('a port that is taken', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const service = startService({ 'http.port': port, 'kafka.enabled': false });
    const { code, sentence } = await failureOf(service);
    server.close();
    assert.equal(code, 1);
    assert.match(sentence, new RegExp(`${port}`));
  });

  test('a token endpoint that does not answer', async () => {
    const service = startService({
      'kafka.bootstrap_servers': CLOSED,
      'kafka.security_protocol': 'SASL_PLAINTEXT',
      'kafka.allow_insecure': true,
      'kafka.sasl_mechanism': 'OAUTHBEARER',
      'kafka.sasl_oauth_client_id': 'someone',
      'kafka.sasl_oauth_client_secret': 'something secret',
      'kafka.sasl_oauth_token_endpoint_url': `http://127.0.0.1:${await freePort()}/`,
    });
    const { code, sentence } = await failureOf(service);
    assert.equal(code, 1);
    assert.match(sentence, /The token endpoint does not answer \(ECONNREFUSED\)/);
    assert.ok(!service.log().includes('something secret'));
  });

  test('a setting that does not exist', async () => {
    const service = startService({ 'kafka.batchsize': 5 });
    assert.equal(await service.exited, 2);
    assert.match(service.log(), /kafka\.batchsize: unknown key; did you mean "kafka\.batch_size"/);
    assert.doesNotMatch(service.log(), /^ +at /m);
  });

  for (const key of ['kafka.topic', 'kafka.results_topic', 'kafka.dlq_topic']) {
    test(`${key} that does not exist`, { skip: noBroker }, async () => {
      const { settings } = await prepare();
      const missing = uniqueName('missing');
      const { code, sentence } = await failureOf(startService({ ...settings, [key]: missing }));
      assert.equal(code, 1);
      assert.match(sentence, new RegExp(`The topic "${missing}" does not exist\\. Create it`));
    });
  }

  test('a group without offsets and auto_offset_reset: none', { skip: noBroker }, async () => {
    const { settings } = await prepare();
    const service = startService({ ...settings, 'kafka.auto_offset_reset': 'none' });
    const { code, sentence } = await failureOf(service);
    assert.equal(code, 1);
    assert.match(
      sentence,
      /no committed offset for partition 0 of \S+, and auto_offset_reset is none\. Commit a starting/,
    );
  });

  test('a second process of the same transactional id ends the first, and nothing comes twice', {
    skip: noBroker,
  }, async () => {
    const { settings, topics } = await prepare(2);
    const same = { ...settings, 'kafka.transactional_id': uniqueName('tx') };
    const bootstrap = String(settings['kafka.bootstrap_servers']);
    const requests = (from: number, count: number) =>
      Array.from({ length: count }, (_, i) => ({ value: `{"text":"Number ${from + i}"}`, partition: i % 2 }));
    await produceAll(bootstrap, topics.requests, requests(0, 200));
    const first = startService(same);
    assert.equal((await waitForDelivery(bootstrap, topics, 200)).results.length, 200);

    const second = startService(same);
    await second.waitFor('broker_connected');
    await produceAll(bootstrap, topics.requests, requests(200, 200));
    const { code, sentence } = await failureOf(first);
    assert.equal(code, 1);
    assert.match(sentence, /fenced/);
    const { lost, doubled, results } = await waitForDelivery(bootstrap, topics, 400);
    second.kill('SIGTERM');
    assert.equal(await second.exited, 0, second.log());
    assert.deepEqual({ lost, doubled, results: results.length }, { lost: [], doubled: [], results: 400 });
  });
});

function modelWith(name: string, onnx?: string): string {
  const path = join(folder, name);
  mkdirSync(path);
  for (const file of ['config.json', 'tokenizer.json', 'tokenizer_config.json']) {
    copyFileSync(join(root, 'models/accurate', file), join(path, file));
  }
  if (onnx !== undefined) writeFileSync(join(path, 'model.onnx'), onnx);
  return path;
}
