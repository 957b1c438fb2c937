/** Each program in examples/ does what its first line says, on a real Kafka where it needs one. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HighThroughputKafkaConsumerOptions, ProcessedMessage } from 'kubesentiment';
import { waitForDelivery } from '../helpers/delivery.ts';
import { noBroker, sharedBroker, uniqueName } from '../helpers/kafka-broker.ts';
import { produceAll } from '../helpers/kafka-client.ts';
import { outputOf } from '../helpers/output.ts';
import { root } from '../helpers/paths.ts';
import { topicSettings, uniqueTopics } from '../helpers/topics.ts';

const folder = join(root, 'examples');
const requests = ['{"text":"I love this wonderful film"}', '{"text":"I hate this terrible film"}', '{'];

interface Program {
  readonly child: ChildProcess;
  readonly printed: () => string;
  /** Fails with what the program said on stderr if it ends first. */
  readonly until: (pattern: RegExp) => Promise<void>;
  readonly stop: () => Promise<number>;
}

function run(t: TestContext, args: readonly string[], env: Readonly<Record<string, string>> = {}): Program {
  const child = spawn(process.execPath, args, {
    cwd: folder,
    // Without NODE_TEST_CONTEXT, with which a test in the program would report to this one.
    env: { PATH: process.env['PATH'], UV_THREADPOOL_SIZE: '16', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  const exited = once(child, 'exit');
  const output = outputOf(child);
  return {
    child,
    printed: () => output.stdout,
    until: async (pattern) => {
      while (!pattern.test(output.stdout)) {
        if (child.exitCode !== null) assert.fail(`exit ${child.exitCode}\n${output.stdout}${output.stderr}`);
        await sleep(50);
      }
    },
    stop: async () => {
      child.kill('SIGTERM');
      return (await exited)[0] as number;
    },
  };
}

/** Topics with requests in them, and the environment of a program that reads them. */
async function kafka() {
  const { bootstrapServers: bootstrap, createTopic } = await sharedBroker();
  const topics = uniqueTopics();
  for (const topic of Object.values(topics)) await createTopic(topic, 1);
  await produceAll(
    bootstrap,
    topics.requests,
    requests.map((value) => ({ value })),
  );
  const settings = {
    'kafka.bootstrap_servers': bootstrap,
    ...topicSettings(topics),
    'kafka.consumer_group': uniqueName('group'),
    'kafka.auto_offset_reset': 'earliest',
    'model.max_threads': 1,
  };
  const env = Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [key.replace('.', '_').toUpperCase(), String(value)]),
  );
  return { bootstrap, topics, settings, env };
}

test('every example is in the list, and the package includes them', () => {
  const readme = readFileSync(join(folder, 'README.md'), 'utf8');
  const listed = [...readme.matchAll(/^\| \[(.+\.mjs)\]\(\1\) \|/gm)].map(([, name]) => name);
  const files = readdirSync(folder).filter((name) => name !== 'README.md');
  assert.deepEqual(listed.sort(), files.sort());
  assert.ok(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).files.includes('examples'));
});

test('service.mjs: writes every result, and ends with 0 on SIGTERM', { skip: noBroker }, async (t) => {
  const { bootstrap, topics, env } = await kafka();
  const { until, stop } = run(t, ['service.mjs'], env);
  await until(/results written/);
  const { lost, doubled } = await waitForDelivery(bootstrap, topics, requests.length);
  assert.deepEqual([lost, doubled], [[], []]);
  assert.equal(await stop(), 0);
});

test('worker.mjs: alerts on what is negative, names dead letters', { skip: noBroker }, async (t) => {
  const { topics, env } = await kafka();
  const { until, stop, printed } = run(t, ['worker.mjs'], env);
  await until(/dead letter/);
  await until(/alert/);
  assert.equal(await stop(), 0);
  assert.match(printed(), new RegExp(`^alert ${topics.requests}/0/1: [01]\\.\\d{3}$`, 'm'));
  assert.match(printed(), new RegExp(`^dead letter ${topics.requests}/0/2: invalid_json$`, 'm'));
  assert.doesNotMatch(printed(), /\/0\/0/);
});

interface SentimentService {
  onModuleInit(): Promise<void>;
  onModuleDestroy(): Promise<void>;
  readonly isReady: boolean;
}
type MakeService = new (
  options: HighThroughputKafkaConsumerOptions,
  onResults: (messages: readonly ProcessedMessage[]) => void,
) => SentimentService;

test('sentiment-service.mjs: starts and ends with its application', { skip: noBroker }, async () => {
  const { settings } = await kafka();
  const module = await import(pathToFileURL(join(folder, 'sentiment-service.mjs')).href);
  const seen: ProcessedMessage[] = [];
  const service = new (module.SentimentService as MakeService)(
    { overrides: { ...settings, 'logging.level': 'silent' } },
    (messages) => void seen.push(...messages),
  );
  await service.onModuleInit();
  assert.equal(service.isReady, true);
  while (seen.length < requests.length) await sleep(20);
  await service.onModuleDestroy();
  assert.equal(service.isReady, false);
  assert.deepEqual(
    seen.map(({ label, errorType }) => label ?? errorType),
    ['POSITIVE', 'NEGATIVE', 'invalid_json'],
  );
});

test('web-app.mjs: predicts, rejects anything but a list of texts, closes on SIGTERM', async (t) => {
  const { until, printed, stop } = run(t, ['web-app.mjs'], { PORT: '0' });
  await until(/^http:\S+\n/m);
  const post = (body: unknown): Promise<Response> =>
    fetch(`${printed().trim()}/predict`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const answer = await post({ texts: ['a warm and funny film', 'a boring film'] });
  const predictions = (await answer.json()) as { label: string }[];
  assert.deepEqual(
    predictions.map(({ label }) => label),
    ['POSITIVE', 'NEGATIVE'],
  );
  assert.equal((await post({ text: 'a warm and funny film' })).status, 400);
  assert.equal(await stop(), 0);
});

test('embedded.test.mjs passes', async (t) => {
  const { child, printed } = run(t, ['--test', '--test-reporter=tap', 'embedded.test.mjs']);
  const [code] = await once(child, 'exit');
  assert.equal(code, 0, printed());
  assert.match(printed(), /^# pass 1$/m);
});
