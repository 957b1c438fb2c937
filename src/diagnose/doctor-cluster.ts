import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { consumerCount } from '../config/consumer-count.ts';
import { retryTopicsOf } from '../config/topics.ts';
import { producerProperties } from '../config/librdkafka.ts';
import type { UnreadableBatch } from '../clients.ts';
import type { Config } from '../config/schema.ts';
import type { KubesentimentError } from '../errors.ts';
import { readCommitText } from '../commit-text.ts';
import { GroupReader, type PartitionEnds } from '../kafka/group-reader.ts';
import type { Committed } from '../kafka/start-positions.ts';
import { TransactionalProducer } from '../kafka/transactional-producer.ts';
import { unreadableError } from '../kafka/unreadable.ts';
import type { TopicPartition, TopicPartitionOffset } from '../types.ts';
import { clusterProperties } from '../cluster/access.ts';
import { type Check, failed, ok, type Result, skipped, warn } from './doctor-finding.ts';
import { lastMessages } from './doctor-messages.ts';
import { repeatedTexts } from './doctor-repeats.ts';
import { compaction, members, openTransactions } from './doctor-topics.ts';
import { leftBehind } from './doctor-retries.ts';
import { checkResultSchemas } from './doctor-registry.ts';
import { productionClusterChecks } from './production-cluster.ts';
import { withMatchedTopics } from '../cluster/matched-topics.ts';
import { topicsOf } from '../cluster/topics.ts';

const CONNECT_TIMEOUT_MS = 5_000;
const FETCH_TIMEOUT_MS = 10_000;
/** The records of the write check stay in the producer for longer than the check takes. */
const LINGER_MS = 10_000;
const ANSWER_MS = 1_000;

/** The checks that need a broker. Each runs only if the ones before it make it meaningful. */
export async function checkCluster(
  given: Config,
  production: boolean,
  run: (check: Check) => Promise<boolean>,
): Promise<void> {
  let config = given;
  if (config.kafka.bootstrap_servers[0] === 'embedded') {
    const inside = 'the embedded broker runs inside the service';
    const remedy = 'It stores nothing permanently; name a real broker in kafka.bootstrap_servers.';
    await run({ name: 'broker', run: () => (production ? failed(inside, remedy) : skipped(inside)) });
    return;
  }
  const warnings: KubesentimentError[] = [];
  const reader = new GroupReader({
    group: config.kafka.consumer_group,
    properties: clusterProperties(config),
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    onWarning: (warning) => warnings.push(warning),
  });
  try {
    if (!(await run({ name: 'broker', run: () => broker(reader, config) }))) return;
    const findTopics = async (): Promise<Result> => {
      config = await withMatchedTopics(given, reader);
      return topics(reader, config);
    };
    if (!(await run({ name: 'topics', run: findTopics }))) return;
    if (config.result.format !== 'json')
      await run({ name: 'result schemas', run: () => checkResultSchemas(config) });
    await run({ name: 'group', run: () => group(reader, config) });
    await run({ name: 'retry topics', run: () => leftBehind(reader, config) });
    await run({ name: 'members', run: () => members(reader, config) });
    await run({ name: 'transactions', run: () => openTransactions(reader, config) });
    if (!production) await run({ name: 'compaction', run: () => compaction(reader, config) });
    if (await run({ name: 'read rights', run: () => readRights(reader, config, warnings) })) {
      await run({ name: 'messages', run: () => lastMessages(config) });
      const partitionsOf = async (topic: string) => (await reader.partitionsOf(topic)).length;
      await run({ name: 'repeated texts', run: () => repeatedTexts(config, partitionsOf) });
    }
    await run({ name: 'write rights', run: () => writeRights(config) });
    if (production) for (const check of await productionClusterChecks(reader, config)) await run(check);
  } finally {
    await reader.close();
  }
}

async function broker(reader: GroupReader, config: Config): Promise<Result> {
  await reader.connect();
  const { brokers } = await reader.metadata();
  const names = brokers.map(({ host, port }) => `${host}:${port}`).join(', ');
  return ok(`${brokers.length} reached through ${config.kafka.bootstrap_servers.join(',')}: ${names}`);
}

async function topics(reader: GroupReader, config: Config): Promise<Result> {
  const { topics: found } = await reader.metadata();
  const partitionsOf = (name: string): number =>
    found.find((topic) => topic.name === name)?.partitions.length ?? 0;
  const missing = topicsOf(config).filter((name) => partitionsOf(name) === 0);
  if (missing.length > 0) {
    return failed(
      `missing or not visible to this user: ${missing.join(', ')}`,
      'Run "kubesentiment topics create", or grant the user the right to describe them.',
    );
  }
  const detail = topicsOf(config).map((name) => `${name} (${partitionsOf(name)} partitions)`);
  const partitions = config.kafka.topic.reduce((sum, name) => sum + partitionsOf(name), 0);
  const consumers = consumerCount(config.kafka);
  const idle = consumers - partitions;
  return idle > 0
    ? warn(
        `${detail.join(', ')}; ${idle} of ${consumers} consumers will be idle`,
        'Lower kafka.consumer_threads, or add partitions to the request topic.',
      )
    : ok(detail.join(', '));
}

async function readPartitions(reader: GroupReader, config: Config): Promise<TopicPartition[]> {
  return (await Promise.all(readTopicsOf(config).map((topic) => reader.partitionsOf(topic)))).flat();
}

function readTopicsOf(config: Config): string[] {
  return [...config.kafka.topic, ...retryTopicsOf(config)];
}

async function group(reader: GroupReader, config: Config): Promise<Result> {
  const partitions = await readPartitions(reader, config);
  const { consumer_group: name, auto_offset_reset: reset } = config.kafka;
  const committed = await reader.committedEntries(partitions).then(
    (entries) => entries,
    // Without the right to describe the group, librdkafka waits for a coordinator in vain and reports a timeout.
    (error: KubesentimentError) => error.message,
  );
  if (typeof committed === 'string') {
    return failed(
      `cannot read the offsets of "${name}": ${committed}`,
      `The brokers answer other requests, so grant the user Describe and Read on the group "${name}".`,
    );
  }
  const count = committed.filter((entry) => entry !== undefined).length;
  if (count > 0) {
    const ends = await reader.ends(partitions);
    const found = `"${name}" has offsets for ${count} of ${partitions.length} partitions`;
    return outsideOf(committed, ends, found) ?? ok(found);
  }
  if (reset !== 'none') return ok(`"${name}" has no offsets yet and starts at the ${reset}`);
  return failed(
    `"${name}" has no offsets and auto_offset_reset is none: it will not start`,
    'Commit offsets for the group, or set auto_offset_reset to earliest or latest.',
  );
}

/** Offsets whose records are gone, and those that were passed over in the past. */
function outsideOf(
  committed: readonly (Committed | undefined)[],
  ends: readonly PartitionEnds[],
  found: string,
): Result | undefined {
  let deleted = 0;
  let beyond = 0;
  let skipped = 0;
  for (const [i, entry] of committed.entries()) {
    if (entry === undefined) continue;
    const { low, high } = ends[i] as PartitionEnds;
    deleted += Math.max(0, low - entry.offset);
    if (entry.offset > high) beyond++;
    skipped += readCommitText(entry.metadata)?.skipped ?? 0;
  }
  const said = [
    ...(deleted + skipped > 0 ? [`${deleted + skipped} requests were deleted before they were read`] : []),
    ...(beyond > 0 ? [`${beyond} offsets are behind the end: a topic was created again, or cut off`] : []),
  ];
  if (said.length === 0) return undefined;
  return warn(
    `${found}; ${said.join('; ')}`,
    'Give the request topic a retention longer than the worst lag. "kubesentiment verify" counts what is missing.',
  );
}

/** Fetches from the end of every partition: even an empty answer needs the right to read. */
async function readRights(
  reader: GroupReader,
  config: Config,
  warnings: readonly KubesentimentError[],
): Promise<Result> {
  const partitions = await readPartitions(reader, config);
  const ends = await reader.ends(partitions);
  const positions = partitions.map((partition, index) => ({ ...partition, offset: ends[index]?.high ?? 0 }));
  const answers = await reader.firstRecords(positions, FETCH_TIMEOUT_MS);
  if (!answers.includes('late'))
    return (await standstill(reader, positions)) ?? ok(`may read ${readTopicsOf(config).join(', ')}`);
  const denied = warnings.find(({ code }) => code === 'KS_NOT_AUTHORIZED');
  if (denied !== undefined) throw denied;
  return failed(
    `no answer from every partition within ${FETCH_TIMEOUT_MS / 1_000} s`,
    'Check that each partition has a leader (kafka-topics --describe) and that the user may read it.',
  );
}

/** A batch that the group has come to and that cannot be read. */
async function standstill(
  reader: GroupReader,
  ends: readonly TopicPartitionOffset[],
): Promise<Result | undefined> {
  const committed = await reader.committed(ends);
  const next = ends.flatMap((end, i) => {
    const offset = committed[i] ?? end.offset;
    return offset < end.offset ? [{ ...end, offset }] : [];
  });
  const batches: UnreadableBatch[] = [];
  await reader.firstRecords(next, FETCH_TIMEOUT_MS, (batch) => batches.push(batch));
  const [batch] = batches;
  if (batch === undefined) return undefined;
  const { message, remedy = '' } = unreadableError(batch);
  return failed(message, remedy);
}

/**
 * A transaction that is aborted before anything is sent. The broker checks permissions when partitions join the
 * transaction; all that is written is the abort marker, which no consumer sees.
 */
async function writeRights(config: Config): Promise<Result> {
  const { kafka } = config;
  if (kafka.delivery !== 'exactly_once')
    return skipped('without transactions, this can only be tested by writing');
  const outputs = topicsOf(config).filter((topic) => !kafka.topic.includes(topic));
  const name = `${kafka.transactional_id ?? kafka.consumer_group}-doctor-${randomUUID()}`;
  const observer = new GroupReader({ group: name, properties: clusterProperties(config) });
  const producer = new TransactionalProducer({
    properties: {
      ...producerProperties(config),
      ...clusterProperties(config),
      'transactional.id': name,
      'linger.ms': LINGER_MS,
      'transaction.timeout.ms': 2 * LINGER_MS,
    },
    topicProperties: {},
    topics: outputs,
    onWarning: () => undefined,
    onFatal: () => undefined, // the next call fails with it
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
  });
  try {
    await observer.connect();
    await producer.connect();
    await producer.begin();
    for (const topic of outputs)
      producer.produce({ topic, partition: 0, value: null, key: null, headers: [] });
    await sleep(ANSWER_MS);
    // Fails if a partition was refused. The offsets belong to a separate group and are aborted with the rest.
    const offsets = [{ topic: kafka.topic[0] as string, partition: 0, offset: 0 }];
    await producer.sendOffsets(observer.client, offsets).catch(async (error: unknown) => {
      await producer.abort().catch(() => undefined); // if everything was refused, there is nothing to abort
      throw error;
    });
    await producer.abort();
    return ok(`may write ${outputs.join(', ')} and offsets in a transaction`);
  } finally {
    // If connecting failed, disconnecting fails too; that is not worth reporting.
    await Promise.allSettled([producer.disconnect(), observer.close()]);
  }
}
