/**
 * `node dist/test/chaos/deposed-main.js [--rounds N] [--product DIR]`: whether brokers acknowledge offsets that they
 * lose (KAFKA-20634), and what becomes of a transaction's. `KUBESENTIMENT_TEST_KAFKA` chooses the version.
 */
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { checkDelivery, waitForDelivery } from '../helpers/delivery.ts';
import { uniqueName } from '../helpers/kafka-broker.ts';
import { committedOffsets, produceAll } from '../helpers/kafka-client.ts';
import { testedKafka } from '../helpers/kafka-jars.ts';
import { root } from '../helpers/paths.ts';
import { topicSettings, uniqueTopics } from '../helpers/topics.ts';
import { type Cluster, startCluster } from './cluster.ts';
import { DeposedCoordinator, deposedProperties } from './deposed.ts';
import { Member } from './member.ts';

const BATCH = 10;
const TURN_MS = 100;
const TURNS_MAX = 1_200;

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, product: { type: 'string', default: root } },
});
let doubledInAll = 0;
for (let round = 1; round <= Number(values.rounds); round++) {
  const cluster = await startCluster(3, deposedProperties);
  try {
    const { lost, answers, doubled, missing } = await tryOnce(cluster, values.product);
    doubledInAll += doubled + missing;
    console.log(
      `Kafka ${testedKafka}, round ${round}: the deposed broker answered ${JSON.stringify(answers)}; ` +
        `acknowledged and lost: ${lost}; results written twice: ${doubled}, missing: ${missing}`,
    );
  } finally {
    await cluster.close();
  }
}
process.exit(doubledInAll === 0 ? 0 : 1);

/** The offsets of one transaction are on their way to the coordinator when it is stopped. */
async function tryOnce(cluster: Cluster, product: string) {
  const { direct, broker } = cluster;
  const topics = uniqueTopics();
  for (const topic of [topics.requests, topics.results, topics.deadLetters])
    await broker.createTopic(topic, 1);
  const group = uniqueName('group');
  const send = (): Promise<void> =>
    produceAll(
      direct,
      topics.requests,
      Array.from({ length: BATCH }, (_, i) => ({ value: `{"text":"Number ${i} was good."}` })),
    );
  const logPath = join(tmpdir(), `${group}.log`);
  const first = start(product, cluster, topics, group, logPath);
  await until(async () => first.hasJoined);
  await send();
  await waitForDelivery(direct, topics, BATCH);
  const deposed = new DeposedCoordinator(cluster, group, topics.requests);
  let deposing: ReturnType<DeposedCoordinator['depose']> | undefined;
  cluster.onAnswer = ({ header }) => {
    // The next thing that the producer sends are the offsets.
    if (header.api !== 'addOffsets' || deposing !== undefined) return undefined;
    const isolated = deposed.isolate();
    deposing = isolated.then(() => sleep(TURN_MS)).then(() => deposed.depose());
    return isolated;
  };
  await send();
  await until(async () => deposing !== undefined);
  const { lost, answers } = await (deposing as ReturnType<DeposedCoordinator['depose']>);
  await waitForDelivery(direct, topics, 2 * BATCH);
  // Killed: it cannot make up for anything when it leaves.
  first.signal('SIGKILL');
  await first.exited;
  const second = start(product, cluster, topics, group, logPath);
  await until(async () => second.hasJoined);
  await send();
  await until(async () => {
    const [{ offset } = { offset: 0 }] = await committedOffsets(direct, group, topics.requests);
    return (offset ?? 0) >= 3 * BATCH;
  });
  second.signal('SIGTERM');
  await second.exited;
  rmSync(logPath, { force: true });
  const delivery = await checkDelivery(direct, topics);
  return { lost, answers, doubled: delivery.doubled.length, missing: delivery.lost.length };
}

function start(
  product: string,
  cluster: Cluster,
  topics: ReturnType<typeof uniqueTopics>,
  group: string,
  logPath: string,
): Member {
  return new Member({
    identity: group,
    product,
    settings: {
      'kafka.bootstrap_servers': cluster.proxied,
      ...topicSettings(topics),
      'kafka.consumer_group': group,
      'kafka.transactional_id': group,
      // Its successor has its partitions at once.
      'kafka.group_instance_id': group,
      'kafka.consumer_threads': 1,
      // The transaction outlives the broker that is stopped, however slow this machine is.
      'kafka.session_timeout_ms': 120_000,
      'kafka.librdkafka': JSON.stringify({ 'transaction.timeout.ms': 100_000 }),
      'kafka.auto_offset_reset': 'earliest',
      'model.path': 'null',
      'http.port': 0,
      'logging.format': 'json',
    },
    logPath,
    onLog: () => undefined,
  });
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let i = 0; !(await isSo().catch(() => false)); i++) {
    if (i === TURNS_MAX) throw new Error('What was waited for did not come.');
    await sleep(TURN_MS);
  }
}
