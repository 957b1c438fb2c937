/**
 * `npm run check:image`: builds docker/Dockerfile with buildah, without an engine, and runs what
 * docker-compose.kafka.yml runs in it, as processes: with the image's user, and nothing writable but /tmp. Sends
 * messages through it. `--assembled` needs no buildah: it takes what the set-up has compiled, and the libraries of this
 * Debian. `--root FOLDER` uses an unpacked image, `--json FILE` saves the figures. The last line is
 * `N passed, N failed, N skipped`.
 */
import assert from 'node:assert/strict';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { assembleImage, compressedTree } from './lib/image-assemble.mjs';
import { buildImage, compressedSize, releaseImage, whyNoImage } from './lib/image-build.mjs';
import {
  checkConfig,
  checkContents,
  checkPackages,
  checkReadOnly,
  sizes,
  versionsIn,
} from './lib/image-checks.mjs';
import { expectedConfig } from './lib/image-run.mjs';
import { root } from './lib/run.mjs';
import { ensureSetup, exitOnStepError } from './setup.mjs';

const messages = 1_000;
/** In a registry, for one platform. */
const compressedMbMax = 150;
const startTimeoutMs = 120_000;
const metricsPath = '/api/v1/monitoring/kafka-metrics';
const topics = {
  requests: 'sentiment_requests',
  results: 'sentiment_results',
  deadLetters: 'sentiment_requests_dlq',
};
const argv = process.argv.slice(2);
const { values: options } = parseArgs({
  args: argv,
  options: {
    root: { type: 'string' },
    assembled: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
});
const isBuilt = options.root === undefined && !options.assembled;
const missing = isBuilt ? whyNoImage() : undefined;
if (missing !== undefined) {
  console.log(`skipped: the image cannot be built here: ${missing}`);
  console.log('0 passed, 0 failed, 1 skipped');
  process.exit(0);
}
await exitOnStepError(ensureSetup);
const image = isBuilt
  ? await exitOnStepError(buildImage)
  : { folder: options.root ?? (await exitOnStepError(assembleImage)), config: expectedConfig };
const { composeIn } = await import('./lib/image-compose.mjs');
const helpers = join(root, 'dist/test/helpers');
const { freePorts, startBroker } = await import(join(helpers, 'kafka-broker.js'));
const { waitForDelivery } = await import(join(helpers, 'delivery.js'));
const { report } = await import(join(root, 'dist/benchmarking/lib/report.js'));

const broker = await startBroker();
const [servicePort, gatewayPort] = (await freePorts(2)).map(String);
const compose = composeIn(image, {
  'kafka:29092': broker.bootstrapServers,
  8001: servicePort,
  8002: gatewayPort,
  // A short version of the performance test: it checks that it runs here, not how fast this machine is.
  300: '10',
  5000: '20',
});
let started;
let service;
let gateway;
let passed = 0;

await check('only the libraries of this platform are in it, no tools and no secret', () =>
  checkContents(image),
);
await check('it says which packages its libraries are from', () => checkPackages(image));
const compressed_mb = await exitOnStepError(isBuilt ? compressedSize : () => compressedTree(image.folder));
await check(`it has at most ${compressedMbMax} MB compressed`, () => {
  assert.ok(compressed_mb <= compressedMbMax, `${compressed_mb} MB`);
});
if (isBuilt) {
  await check('user, entry point, health check, stop signal and labels', () => checkConfig(image));
}
await check('it runs as user 10001 and can write to /tmp, nowhere else', () => checkReadOnly(image));
await check('compose: the topics are created', () => compose.run('topics'));
await check('compose: the service is alive and ready', async () => {
  started = await start();
});
await check('compose: the health checks pass', async () => {
  gateway = compose.start('gateway');
  await answers(gateway, gatewayPort, '/livez');
  assert.ok(await compose.isHealthy('kubesentiment'), 'the service');
  assert.ok(await compose.isHealthy('gateway'), 'the gateway');
});
await check(`${messages} messages through it, none lost, none doubled`, async () => {
  const texts = Array.from({ length: messages }, (_, i) => `A lovely day ${i}.`).join('\n');
  await compose.run('performance-test', ['produce', '-'], `${texts}\n`);
  const delivery = await waitForDelivery(broker.bootstrapServers, topics, messages, 120_000);
  const { lost, doubled, deadLetters, results } = delivery;
  assert.deepEqual([results.length, deadLetters, lost, doubled], [messages, [], [], []], service.output());
});
await check(`curl http://localhost:8001${metricsPath}`, async () => {
  const answer = await fetch(`http://localhost:${gatewayPort}${metricsPath}`);
  const { messages_processed, running } = await answer.json();
  assert.deepEqual({ messages_processed, running }, { messages_processed: messages, running: true });
});
await check('compose: run performance-test', async () => {
  const output = await compose.run('performance-test');
  assert.match(output, /Performance Test Results/);
  console.log(output.replaceAll(/^.*\r/gm, '').trim());
});
await check('SIGTERM ends it with 0', stop);
await broker.stop();

const figures = {
  ...sizes(image),
  compressed_mb,
  ...started,
  messages,
};
report('check:image', argv, options.json, figures, {
  image: { ...(await versionsIn(image)), ...image.tools },
  load_average: loadavg().map((load) => Number(load.toFixed(2))),
});
if (isBuilt) await exitOnStepError(releaseImage);
console.log(`${passed} passed, 0 failed, 0 skipped`);

/** Ends the program at the first failed check, because the rest depend on it. */
async function check(name, verify) {
  try {
    await verify();
    passed++;
    console.log(`✓ ${name}`);
  } catch (error) {
    console.log(`✗ ${name}: ${error.message}`);
    console.log(`${passed} passed, 1 failed, 0 skipped`);
    service?.kill('SIGKILL');
    gateway?.kill('SIGKILL');
    await broker.stop();
    await service?.exited;
    if (isBuilt) await releaseImage();
    process.exit(1);
  }
}

/** Seconds from the start of the process until /livez and /readyz succeed. */
async function start() {
  const startedAt = performance.now();
  const seconds = () => Number(((performance.now() - startedAt) / 1000).toFixed(2));
  service = compose.start('kubesentiment');
  await answers(service, servicePort, '/livez');
  const live_s = seconds();
  await answers(service, servicePort, '/readyz');
  return { live_s, ready_s: seconds() };
}

async function stop() {
  gateway?.kill('SIGTERM');
  service.kill('SIGTERM');
  assert.equal(await service.exited, 0, service.output());
}

async function answers(process, port, path) {
  for (const deadline = performance.now() + startTimeoutMs; performance.now() < deadline; await sleep(20)) {
    if (process.hasEnded()) break;
    const answer = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer?.ok) return;
  }
  throw new Error(`${path} does not say yes\n${process.output()}`);
}
