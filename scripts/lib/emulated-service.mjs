/**
 * The service on emulated CPUs beside a real Kafka, which runs on this machine as it is: rows of `npm run check:cpus`.
 * Every other command, too, runs without the emulator.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { emulatedNode, emulator } from './emulator.mjs';
import { differencesOf, exactAnswersOf, patience, settingsOf } from './emulated-package.mjs';
import { fetchNode } from './fetch-node.mjs';
import { expect } from './package-checks.mjs';
import { root } from './run.mjs';
import { targetOf } from './target.mjs';

const VERSION = '24';
const REQUESTS = 100;
/** Sending takes so long that the service is killed meanwhile. */
const RATE = 5;
const PARTITIONS = 4;
const WAIT_MS = 1_200_000;
const topics = {
  requests: 'sentiment_requests',
  results: 'sentiment_results',
  deadLetters: 'sentiment_requests_dlq',
};

const rows = [
  { name: 'service, x64 without AVX', arch: 'x64', model: 'Nehalem' },
  { name: 'service, arm64', arch: 'arm64' },
];

/** `installed` returns a project in which the package is installed. */
export async function checkEmulatedService(checks, installed) {
  const { brokerAvailability } = await import(join(root, 'dist/test/helpers/kafka-broker.js'));
  const { available, reason } = brokerAvailability();
  for (const row of rows) {
    const name = `${row.name}: with a real Kafka, killed once, every request answered once`;
    if (available) await checks.check(name, () => withBroker(row, installed()));
    else checks.skip(name, reason);
  }
}

async function withBroker(row, project) {
  const { startBroker } = await import(join(root, 'dist/test/helpers/kafka-broker.js'));
  const broker = await startBroker();
  try {
    return await answersAll(await emulated(row), project, broker);
  } finally {
    await broker.stop();
  }
}

/** Path of what stands for Node on that CPU. */
async function emulated({ arch, model }) {
  const target = targetOf(arch);
  // On this architecture the one that runs this: a package that is made here has its binding.
  const node = target.isHere ? process.execPath : await fetchNode(VERSION, arch);
  return emulatedNode(node, await emulator(target, model), `${target.platform}-service-${model ?? 'any'}`);
}

/**
 * What a user does, and a crash: creates the topics, starts the service, sends requests, one of them malformed, kills
 * the service when the first results are there, starts it again, ends it, and looks at what came out.
 */
async function answersAll(node, project, { bootstrapServers }) {
  const { waitForDelivery, waitForRecords } = await import(join(root, 'dist/test/helpers/delivery.js'));
  const settings = { 'kafka.bootstrap_servers': bootstrapServers };
  const own = settingsOf(settings);
  const service = ['consume', ...settingsOf({ ...serviceSettings, ...settings })];
  const requests = await createRequests();
  project.write('requests.jsonl', [...requests, '{"oops":true}'].map((line) => `${line}\n`).join(''));
  project.command('topics', 'create', '--partitions', String(PARTITIONS), ...own);

  const killed = start(project, node, service);
  const words = ['produce', 'requests.jsonl', '--format', 'json', '--key', 'id', '--rate', String(RATE)];
  const sender = start(project, process.execPath, [...words, ...own]);
  const first = await waitForRecords(bootstrapServers, [topics.results], 1, WAIT_MS);
  killed.child.kill('SIGKILL');
  await killed.exited;
  expect(first > 0, `no result\n${killed.log()}`);
  expect(first < requests.length, 'everything was answered before the service was killed');
  expect((await sender.exited) === 0, `produce failed\n${sender.log()}`);

  const second = start(project, node, service);
  const delivery = await waitForDelivery(bootstrapServers, topics, requests.length + 1, WAIT_MS);
  second.child.kill('SIGTERM');
  const code = await second.exited;
  expect(code === 0, `the service ended with ${code}\n${second.log()}`);
  const { lost, doubled, outOfOrder, results, deadLetters } = delivery;
  const wrong = [...lost, ...doubled, ...outOfOrder];
  expect(wrong.length === 0, `lost, doubled or out of order: ${wrong.join(' ')}\n${second.log()}`);
  const counts = [results.length, deadLetters.length];
  expect(counts.join() === `${requests.length},1`, `results and dead letters: ${counts}`);
  const { verdict } = JSON.parse(jsonOf(project.command('verify', '--json', ...own)));
  expect(verdict === 'kept', `verify says ${verdict}`);
  const differences = differencesHere(project, requests, results);
  console.log(`  ${first} answered before the kill`);
  return {
    ...{ requests: requests.length + 1, results: results.length, dead_letters: deadLetters.length },
    ...{ answered_before_the_kill: first, verify: verdict, ...differences },
  };
}

/** A session ends soon, so that the second service need not wait long for the partitions of the killed one. */
const serviceSettings = {
  ...patience,
  ...{ 'kafka.auto_offset_reset': 'earliest', 'kafka.session_timeout_ms': 15_000 },
  ...{ 'kafka.consumer_threads': 2, 'kafka.batch_size': 4, 'model.max_threads': 1 },
  ...{ 'http.port': 0, 'kafka.dlq_stop_ratio': 0 },
};

/** A command of the package as a process of its own. */
function start(project, node, words) {
  const child = spawn(node, [project.path('kubesentiment/bin/kubesentiment.cjs'), ...words], {
    cwd: project.folder,
    env: { PATH: project.bin },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    log += text;
  });
  const exited = new Promise((resolve) => child.on('close', (code, signal) => resolve(code ?? signal)));
  return { child, exited, log: () => log };
}

async function createRequests() {
  const { createCorpus } = await import(join(root, 'dist/src/corpus/corpus.js'));
  const corpus = createCorpus({ seed: 11, style: 'sst2' });
  return Array.from({ length: REQUESTS }, (_, i) => JSON.stringify({ id: `r${i}`, text: corpus.next() }));
}

/** How the scores of the results differ from those that every CPU should give. Throws as `differencesOf`. */
function differencesHere(project, requests, results) {
  const texts = requests.map((line) => JSON.parse(line).text);
  const expected = exactAnswersOf(project, 'default', texts);
  const byId = new Map(results.map(({ value }) => [JSON.parse(String(value)).id, JSON.parse(String(value))]));
  return differencesOf(
    expected,
    requests.map((_, i) => byId.get(`r${i}`)),
  );
}

/** The commands' streams come together. */
const jsonOf = (output) => output.slice(output.indexOf('{'), output.lastIndexOf('}') + 1);
