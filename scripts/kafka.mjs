/**
 * `npm run kafka`: a real Apache Kafka on 127.0.0.1:9092 with the topics of configs/kafka.yaml, until Ctrl-C. For
 * experiments, including what happens when a broker stops: its data is kept in `.cache/kafka-data`.
 */
import { writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root } from './lib/run.mjs';
import { ensureSetup, exitOnStepError } from './setup.mjs';

const port = 9092;
const topics = ['sentiment_requests', 'sentiment_results', 'sentiment_requests_dlq'];
const partitions = 8;
const dataDir = join(root, '.cache/kafka-data');

await exitOnStepError(ensureSetup);
const { noBroker, startBroker } = await import(join(root, 'dist/test/helpers/kafka-broker.js'));
const { java, kafkaClassPath } = await import(join(root, 'dist/test/helpers/kafka-jars.js'));
if (noBroker) fail(noBroker);
const ports = { clients: [port], controllers: [port + 1] };
const broker = await startBroker({ dataDir, ports }).catch((error) => fail(error.message));
let isStopping = false;
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    isStopping = true;
    await broker.stop();
    process.exit(0);
  });
}
for (const topic of topics) {
  await broker.createTopic(topic, partitions).catch((error) => {
    if (!/exist/i.test(error.message)) fail(error.message);
  });
}
console.log(
  `Apache Kafka listens on 127.0.0.1:${port}, with ${topics.join(', ')} of ${partitions} partitions each.`,
);
const tool = join(root, '.cache/kafka-delete-records.sh');
const program = `exec "${java}" -cp "${kafkaClassPath()}" org.apache.kafka.tools.DeleteRecordsCommand "$@"`;
writeFileSync(tool, `#!/bin/sh\n${program}\n`, { mode: 0o755 });
console.log(`For dlq purge: --tool ${relative(process.cwd(), tool)}`);
console.log(`Ctrl-C stops it; its data is kept in ${relative(process.cwd(), dataDir)}.`);
// Nothing else keeps this process alive.
setInterval(() => {
  if (!broker.nodes[0].running && !isStopping) fail('it ended by itself; see broker.log in its folder.');
}, 1_000);

function fail(reason) {
  console.error(`Kafka cannot be started: ${reason}`);
  process.exit(1);
}
