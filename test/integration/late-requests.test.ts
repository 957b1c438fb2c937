/**
 * A connection breaks, the client says it again on a new one, and what was on the old one reaches the broker in the middle
 * of the next transaction. Nothing may come of it: the broker must refuse it, and every request is answered once.
 */
import assert from 'node:assert/strict';
import { after, test, type TestContext } from 'node:test';
import { checkTopics } from '../chaos/check.ts';
import { type Cluster, startCluster } from '../chaos/cluster.ts';
import { HELD_KINDS, type HeldKind, type Moment } from '../chaos/late-requests.ts';
import { Random } from '../chaos/random.ts';
import { LiveReader } from '../chaos/reader.ts';
import type { Topics } from '../helpers/delivery.ts';
import { noBroker, uniqueName } from '../helpers/kafka-broker.ts';
import { produceAll } from '../helpers/kafka-client.ts';
import { setFeature } from '../helpers/kafka-wire.ts';
import { type ServiceProcess, type Settings, startService } from '../helpers/service-process.ts';
import { topicSettings, uniqueTopics } from '../helpers/topics.ts';

const PARTITIONS = 4;
const HOLDS = 3;
/** More than it takes: two transactions for each hold. */
const BURSTS_MAX = 20;
const BURST_MS_MAX = 10_000;

interface Case {
  readonly kinds: readonly HeldKind[];
  readonly moments: readonly Moment[];
  /** Requests sent at once. One is one transaction. */
  readonly burst: number;
  readonly settings: Settings;
  /** Whoever comes next reads on where the offsets say. */
  readonly restart?: boolean;
}

/** Records leave after the offsets, or before them. */
const LATE_RECORDS: Settings = { 'kafka.consumer_threads': 1, 'kafka.producer_linger_ms': 500 };
const EARLY_RECORDS: Settings = { 'kafka.consumer_threads': 2, 'kafka.producer_linger_ms': 0 };

const cases: readonly Case[] = [
  { kinds: ['commit'], moments: ['offsets'], burst: 1, settings: LATE_RECORDS },
  // The offsets of the second consumer begin another transaction.
  { kinds: ['abort'], moments: ['both'], burst: 40, settings: EARLY_RECORDS },
  { kinds: ['produce'], moments: ['offsets'], burst: 20, settings: EARLY_RECORDS },
  { kinds: ['add-partitions'], moments: ['offsets'], burst: 1, settings: EARLY_RECORDS },
  { kinds: ['add-offsets'], moments: ['offsets'], burst: 1, settings: EARLY_RECORDS },
  // The group goes back to where it was a transaction ago.
  { kinds: ['offset-commit'], moments: ['offsets'], burst: 1, settings: LATE_RECORDS, restart: true },
];

let cluster: Cluster | undefined;
let transactionVersion: number | undefined;
after(() => cluster?.close());

async function useBroker(version: number): Promise<Cluster> {
  cluster ??= await startCluster(1);
  if (transactionVersion !== version) await setFeature(cluster.direct, 'transaction.version', version);
  transactionVersion = version;
  cluster.late.reset();
  return cluster;
}

for (const kinds of cases) {
  test(`${kinds.kinds} comes late`, { skip: noBroker }, (t) => tryCase(t, 2, kinds));
}
for (const version of [1, 0]) {
  const all: Case = {
    kinds: HELD_KINDS,
    moments: ['produce', 'offsets', 'both'],
    burst: 40,
    settings: EARLY_RECORDS,
  };
  test(`requests come late, with transaction.version ${version}`, { skip: noBroker }, (t) =>
    tryCase(t, version, all),
  );
}

async function tryCase(t: TestContext, version: number, { kinds, moments, burst, settings, restart }: Case) {
  const { broker, direct, late, logDirs } = await useBroker(version);
  const topics = uniqueTopics();
  await broker.createTopic(topics.requests, PARTITIONS);
  for (const topic of [topics.results, topics.deadLetters]) await broker.createTopic(topic, 1);
  const group = uniqueName('group');
  const visible = new Visible();
  const reader = await LiveReader.start(direct, [topics.results, topics.deadLetters], () => visible.count++);
  let service = await start(topics, { ...settings, 'kafka.consumer_group': group });
  late.start({ kinds, moments, gapMs: 0, holdsMax: HOLDS * kinds.length, random: new Random(1) });
  let sent = 0;
  const send = async (count: number): Promise<boolean> => {
    await produceAll(direct, topics.requests, requests(sent, count));
    sent += count;
    return visible.reaches(sent, service);
  };
  for (let i = 0; i < BURSTS_MAX && !late.done; i++) if (!(await send(burst))) break;
  late.stop();
  const codes = [await stop(service)];
  if (restart) {
    service = await start(topics, { ...settings, 'kafka.consumer_group': group });
    await send(2 * PARTITIONS); // the first of them comes behind whatever is done again
    codes.push(await stop(service));
  }
  await reader.stop();
  const { lost, duplicated, outOfOrder, both, openRecords } = await checkTopics(
    direct,
    topics,
    logDirs[0] as string,
  );
  const found = [lost, duplicated, outOfOrder, both].map(({ count }) => count);
  const say = `${JSON.stringify(late.counts)}\n${service.log()}`;
  t.diagnostic(
    `${sent} sent, lost, duplicated, out of order, both: ${found}, exit ${codes} ${JSON.stringify(late.counts)}`,
  );
  assert.deepEqual({ found, openRecords }, { found: [0, 0, 0, 0], openRecords: 0 }, say);
  assert.ok(
    codes.every((code) => code === 0),
    say,
  );
  for (const kind of kinds) {
    const counts = late.counts[kind];
    // Transactions of the second protocol do without some requests.
    assert.ok(counts !== undefined || late.seen[kind] === undefined, `${kind} was never held\n${say}`);
    assert.equal(counts?.answers['NONE'], undefined, `the broker has taken a late request\n${say}`);
  }
}

class Visible {
  count = 0;

  /** False when the service ends, or time is up, before. */
  async reaches(count: number, service: ServiceProcess): Promise<boolean> {
    let ended = false;
    void service.exited.then(() => {
      ended = true;
    });
    const deadline = performance.now() + BURST_MS_MAX;
    while (this.count < count && !ended && performance.now() < deadline)
      await new Promise((done) => setTimeout(done, 10));
    return this.count >= count;
  }
}

async function start(topics: Topics, settings: Settings): Promise<ServiceProcess> {
  const service = startService({
    'kafka.bootstrap_servers': (cluster as Cluster).proxied,
    ...topicSettings(topics),
    'model.path': 'null',
    'kafka.dlq_stop_ratio': 0,
    // Holds by the dozen.
    'kafka.librdkafka': JSON.stringify({ 'reconnect.backoff.ms': 10, 'reconnect.backoff.max.ms': 50 }),
    ...settings,
  });
  await service.waitFor('partitions_assigned');
  const consumers = Number(settings['kafka.consumer_threads']);
  while (service.log().split('"partitions_assigned"').length <= consumers)
    await new Promise((done) => setTimeout(done, 10));
  return service;
}

function stop(service: ServiceProcess): Promise<number | string> {
  service.kill('SIGTERM');
  return service.exited;
}

function requests(from: number, count: number): { readonly value: string; readonly partition: number }[] {
  return Array.from({ length: count }, (_, i) => ({
    value: JSON.stringify({ text: `Number ${from + i} was good.` }),
    partition: i % PARTITIONS, // a single one always goes to the same
  }));
}
