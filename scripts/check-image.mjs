/**
 * `npm run check:image`: builds docker/Dockerfile with buildah, without an engine, starts the service in it as an
 * orchestrator would (its user, nothing writable but /tmp) and sends messages through it. `--root FOLDER` takes an
 * unpacked image instead of building one. The last line is `N passed, N failed, N skipped`.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildImage, whyNoImage } from './lib/image-build.mjs';
import { root } from './lib/run.mjs';
import { ensureSetup, exitOnStepError } from './setup.mjs';

const messages = 1_000;
const port = 18_001;
let service;
const { values: options } = parseArgs({ options: { root: { type: 'string' } } });
const missing = options.root === undefined ? whyNoImage() : undefined;
if (missing !== undefined) {
  console.log(`skipped: the image cannot be built here: ${missing}`);
  console.log('0 passed, 0 failed, 1 skipped');
  process.exit(0);
}
await exitOnStepError(ensureSetup);
const image = options.root ?? (await exitOnStepError(buildImage));
console.log(
  `size unpacked: ${megabytes('.')} MB, of it Node ${megabytes('usr/local')}, the application ${megabytes('app')}`,
);
const strangers = ['darwin', 'win32'].filter((name) =>
  spawnSync('find', [join(image, 'app'), '-type', 'd', '-name', name], { encoding: 'utf8' }).stdout.trim(),
);
if (strangers.length > 0) fail(`libraries of other platforms are in it: ${strangers}`);

const helpers = join(root, 'dist/test/helpers');
const { startBroker } = await import(join(helpers, 'kafka-broker.js'));
const { produceAll } = await import(join(helpers, 'kafka-client.js'));
const { waitForDelivery } = await import(join(helpers, 'delivery.js'));
const broker = await startBroker();
const topics = { requests: 'image-requests', results: 'image-results', deadLetters: 'image-dead-letters' };
for (const topic of Object.values(topics)) await broker.createTopic(topic, 4);
const texts = Array.from({ length: messages }, (_, i) => ({
  value: JSON.stringify({ text: `A lovely day ${i}.` }),
}));
await produceAll(broker.bootstrapServers, topics.requests, texts);

const startedAt = performance.now();
service = inImage(['bin/kubesentiment.cjs', 'consume', ...settings()]);
const exited = new Promise((resolve) => service.on('close', resolve));
let log = '';
const running = new Promise((resolve) => {
  service.stderr.setEncoding('utf8').on('data', (chunk) => {
    log += chunk;
    if (log.includes('"event":"partitions_assigned"')) resolve(true);
  });
});
try {
  if (!(await Promise.race([running, exited.then(() => false)]))) fail(`the service ended:\n${log}`);
  console.log(`start to first assignment: ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  const delivery = await waitForDelivery(broker.bootstrapServers, topics, messages, 120_000);
  const { lost, doubled, results } = delivery;
  if (results.length !== messages || lost.length + doubled.length > 0) {
    fail(`${results.length} results, ${lost.length} lost, ${doubled.length} doubled\n${log}`);
  }
  console.log(`${messages} messages sent, ${results.length} results, none lost, none doubled`);
  const health = inImage(['docker/healthcheck.mjs', '/readyz', String(port)]);
  if ((await new Promise((resolve) => health.on('close', resolve))) !== 0) fail('the health check says no');
} finally {
  service.kill('SIGTERM');
}
const exitCode = await exited;
await broker.stop();
if (exitCode !== 0) fail(`exit code ${exitCode} after SIGTERM\n${log}`);
console.log('1 passed, 0 failed, 0 skipped');

function settings() {
  const values = {
    'kafka.bootstrap_servers': broker.bootstrapServers,
    'kafka.topic': topics.requests,
    'kafka.results_topic': topics.results,
    'kafka.dlq_topic': topics.deadLetters,
    'kafka.auto_offset_reset': 'earliest',
    'http.port': port,
  };
  return Object.entries(values).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
}

/** Runs Node as the image's user, in its folder, with a root that cannot be written to. */
function inImage(args) {
  const prepare = [
    'mount --bind "$0" "$0"',
    'mount -t proc proc "$0/proc"',
    'mount --bind /dev "$0/dev"',
    'mount -t tmpfs tmpfs "$0/tmp"',
    'mount -o remount,bind,ro "$0"',
    'exec chroot --userspec=10001:10001 "$0" /bin/sh -c \'cd /app && exec node "$@"\' sh "$@"',
  ].join(' && ');
  const command = ['--mount', 'sh', '-c', prepare, image, ...args];
  return spawn('unshare', command, {
    env: { PATH: '/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
    stdio: ['ignore', 'inherit', 'pipe'],
  });
}

function megabytes(path) {
  if (!existsSync(join(image, path))) return 0;
  return Math.round(
    Number(execFileSync('du', ['-sxk', join(image, path)], { encoding: 'utf8' }).split('\t')[0]) / 1024,
  );
}

function fail(reason) {
  console.log(`✗ ${reason}`);
  console.log('0 passed, 1 failed, 0 skipped');
  service?.kill('SIGKILL');
  process.exit(1);
}
