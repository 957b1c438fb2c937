/**
 * Run in a project by `npm run check:package`: `node try-example.mjs FILE PATTERN`. Starts the program FILE with a
 * broker that has requests, waits until it has printed a line like PATTERN, ends it with SIGTERM, and fails unless it
 * then ends by itself.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const [, , file, pattern] = process.argv;
const require = createRequire(join(process.cwd(), 'package.json'));
const folder = dirname(require.resolve('kubesentiment/package.json'));
const at = (path) => import(pathToFileURL(join(folder, 'dist/src', path)).href);
const { EmbeddedBroker } = await at('kafka/embedded.js');
const { RequestSender } = await at('demo/request-sender.js');
const { plainTopic } = await at('demo/shaped-requests.js');

const broker = await EmbeddedBroker.start();
const sender = new RequestSender({
  topics: [plainTopic('sentiment_requests')],
  otherTopics: ['sentiment_results', 'sentiment_requests_dlq'],
  properties: broker.properties,
  seed: 1,
  style: 'sst2',
});
await sender.connect();
const program = spawn(process.execPath, [file], {
  env: { ...process.env, KAFKA_BOOTSTRAP_SERVERS: broker.bootstrapServers },
  stdio: ['ignore', 'pipe', 'inherit'],
});
const exited = once(program, 'exit');
// It begins at the end of the topic, so requests have to come while it runs.
const seen = new Promise((resolve) => {
  createInterface(program.stdout).on('line', (line) => {
    console.log(line);
    if (new RegExp(pattern).test(line)) resolve(true);
  });
});
const printed = await until(Promise.race([seen, exited.then(() => false)]));
program.kill('SIGTERM');
const [code] = await exited;
await sender.disconnect();
await broker.stop();
if (!printed || code !== 0) {
  console.error(`printed a result: ${printed}, exit code ${code}`);
  process.exitCode = 1;
}

/** Sends requests until `event` resolves. */
async function until(event) {
  await Promise.all([event, sender.trickle(event)]);
  return event;
}
