/**
 * `npm run kafka`: a real Apache Kafka on 127.0.0.1:9092 with the topics of configs/kafka.yaml, until Ctrl-C. For
 * experiments, including what happens when a broker stops: its data is kept in `.cache/kafka-data`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root } from './lib/run.mjs';
import { ensureSetup, exitOnStepError } from './setup.mjs';

const port = 9092;
const topics = ['sentiment_requests', 'sentiment_results', 'sentiment_requests_dlq'];
const partitions = 8;
const dataDir = join(root, '.cache/kafka-data');
const toolDir = join(root, '.cache/kafka-bin');
/** As Kafka's own packages name them. */
const tools = {
  'kafka-topics.sh': 'org.apache.kafka.tools.TopicCommand',
  'kafka-console-producer.sh': 'org.apache.kafka.tools.ConsoleProducer',
  'kafka-console-consumer.sh': 'org.apache.kafka.tools.consumer.ConsoleConsumer',
  'kafka-consumer-groups.sh': 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
  'kafka-configs.sh': 'kafka.admin.ConfigCommand',
  'kafka-transactions.sh': 'org.apache.kafka.tools.TransactionsCommand',
  'kafka-delete-records.sh': 'org.apache.kafka.tools.DeleteRecordsCommand',
};

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
mkdirSync(toolDir, { recursive: true });
for (const [name, program] of Object.entries(tools)) {
  const line = `exec "${java}" -cp "${kafkaClassPath()}" ${program} "$@"`;
  writeFileSync(join(toolDir, name), `#!/bin/sh\n${line}\n`, { mode: 0o755 });
}
console.log(
  `Kafka's own tools are in ${relative(process.cwd(), toolDir)}: ${Object.keys(tools).join(', ')}.`,
);
console.log(`Ctrl-C stops it; its data is kept in ${relative(process.cwd(), dataDir)}.`);
// Nothing else keeps this process alive.
setInterval(() => {
  if (!broker.nodes[0].running && !isStopping) fail('it ended by itself; see broker.log in its folder.');
}, 1_000);

function fail(reason) {
  console.error(`Kafka cannot be started: ${reason}`);
  process.exit(1);
}
