/**
 * A connection breaks, the client says it again on a new one, and what was on the old one reaches the broker in the
 * middle of the next transaction. Nothing may come of it: the broker must refuse it, and every request is answered
 * once.
 */
import assert from 'node:assert/strict';
import { after, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkTopics } from '../chaos/check.ts';
import { type Cluster, startCluster } from '../chaos/cluster.ts';
import { heldKinds, type HeldKind, type Moment } from '../chaos/late-requests.ts';
import { partitionsOf, readTransactions } from '../chaos/log-segments.ts';
import { Random } from '../../src/corpus/random.ts';
import { LiveReader } from '../chaos/reader.ts';
import type { Topics } from '../helpers/delivery.ts';
import { noBroker, uniqueName } from '../helpers/kafka-broker.ts';
import { produceAll } from '../helpers/kafka-client.ts';
import { setFeature } from '../helpers/kafka-wire.ts';
import { type ServiceProcess, type Settings, startService } from '../helpers/service-process.ts';
import { topicSettings, uniqueTopics } from '../helpers/topics.ts';

const PARTITIONS = 4;
/** And one more of each kind. */
const HOLDS = 2;
/** More than it takes: two transactions for each hold. */
const BURSTS_MAX = 60;
const MANY = 50;
const WAIT_MS_MAX = 10_000;

interface Case {
  readonly kinds: readonly HeldKind[];
  readonly moments: readonly Moment[];
  /** Requests sent at once. One is one transaction; with many the next come before they are answered. */
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

for (const kinds of cases) {
  test(`${kinds.kinds} comes late`, { skip: noBroker }, (t) => tryCase(t, 2, kinds));
}
for (const version of [1, 0]) {
  const all: Case = {
    kinds: heldKinds,
    moments: ['produce', 'offsets', 'both'],
    burst: MANY,
    settings: EARLY_RECORDS,
  };
  test(`requests come late, with transaction.version ${version}`, { skip: noBroker }, (t) =>
    tryCase(t, version, all),
  );
}

async function tryCase(t: TestContext, version: number, { kinds, moments, burst, settings, restart }: Case) {
  const trial = await Trial.begin(version, settings);
  const { late } = trial.cluster;
  late.start({ kinds, moments, gapMs: 0, holdsMax: HOLDS + kinds.length, random: new Random(1) });
  for (let i = 0; i < BURSTS_MAX && !late.done; i++) {
    await trial.send(burst);
    if (burst < MANY && !(await trial.isAnswered())) break;
  }
  late.stop();
  await trial.isAnswered();
  if (restart) {
    await trial.restart();
    await trial.send(2 * PARTITIONS);
    await trial.isAnswered(); // the first of them comes behind whatever is done again
  }
  await trial.check(t);
  for (const kind of kinds) {
    const counts = late.counts[kind];
    // Transactions of the second protocol do without some requests.
    assert.ok(counts !== undefined || late.seen[kind] === undefined, `${kind} was never held`);
    assert.deepEqual(counts?.taken ?? {}, {}, `the broker has taken ${kind}`);
  }
}

for (const kind of ['add-partitions', 'add-offsets'] as const) {
  // Its coordinator ends it, with a newer epoch; the producer must not take that for a stranger.
  test(`${kind} comes late, and begins a transaction that nobody ends`, { skip: noBroker }, async (t) => {
    const trial = await Trial.begin(1, {
      ...EARLY_RECORDS,
      'kafka.transactional_id': uniqueName('id'),
      'kafka.librdkafka': JSON.stringify({ ...QUICK, 'transaction.timeout.ms': 1_000 }),
    });
    const { late } = trial.cluster;
    // While the last transaction is being ended, none can begin.
    for (
      let i = 1;
      i <= HOLDS && late.total === (late.counts[kind]?.answers['CONCURRENT_TRANSACTIONS'] ?? 0);
      i++
    ) {
      late.start({ kinds: [kind], moments: ['random'], gapMs: 0, holdsMax: 1, random: new Random(i) });
      await trial.send(1);
      await trial.isAnswered();
      assert.ok(await late.arrived(i), 'Nothing has come late.');
    }
    late.stop();
    if (late.counts[kind]?.taken.random !== undefined) await trial.untilAborted();
    await trial.send(1);
    await trial.isAnswered();
    await trial.check(t);
  });
}

/** Holds by the dozen. */
const QUICK = { 'reconnect.backoff.ms': 10, 'reconnect.backoff.max.ms': 50 };

/** A service behind the proxies, and what comes of the requests that it gets. */
class Trial {
  readonly cluster: Cluster;
  readonly #topics: Topics;
  readonly #settings: Settings;
  readonly #codes: (number | string)[] = [];
  #service: ServiceProcess;
  #reader: LiveReader | undefined;
  #sent = 0;
  #visible = 0;

  private constructor(cluster: Cluster, topics: Topics, settings: Settings) {
    this.cluster = cluster;
    this.#topics = topics;
    this.#settings = settings;
    this.#service = startService(settings);
  }

  static async begin(version: number, settings: Settings): Promise<Trial> {
    cluster ??= await startCluster(1);
    const { direct, proxied, broker, late } = cluster;
    if (transactionVersion !== version) await setFeature(direct, 'transaction.version', version);
    transactionVersion = version;
    late.reset();
    const topics = uniqueTopics();
    await broker.createTopic(topics.requests, PARTITIONS);
    for (const topic of [topics.results, topics.deadLetters]) await broker.createTopic(topic, 1);
    const trial = new Trial(cluster, topics, {
      'kafka.bootstrap_servers': proxied,
      ...topicSettings(topics),
      'kafka.consumer_group': uniqueName('group'),
      'kafka.dlq_stop_ratio': 0,
      'kafka.librdkafka': JSON.stringify(QUICK),
      'model.path': 'null',
      ...settings,
    });
    trial.#reader = await LiveReader.start(direct, [topics.results, topics.deadLetters], () => {
      trial.#visible++;
    });
    await trial.#hasJoined();
    return trial;
  }

  async send(count: number): Promise<void> {
    const records = Array.from({ length: count }, (_, i) => ({
      value: JSON.stringify({ text: `Number ${this.#sent + i} was good.` }),
      partition: i % PARTITIONS, // a single one always goes to the same
    }));
    await produceAll(this.cluster.direct, this.#topics.requests, records);
    this.#sent += count;
  }

  /** Waits until everything is. False when the service ends before, or time is up. */
  async isAnswered(): Promise<boolean> {
    let hasEnded = false;
    void this.#service.exited.then(() => {
      hasEnded = true;
    });
    const deadline = performance.now() + WAIT_MS_MAX;
    while (this.#visible < this.#sent && !hasEnded && performance.now() < deadline) await sleep(10);
    return this.#visible >= this.#sent;
  }

  async restart(): Promise<void> {
    await this.#stop();
    this.#service = startService(this.#settings);
    await this.#hasJoined();
  }

  /** Resolves when the coordinator has aborted a transaction, however long it takes. */
  async untilAborted(): Promise<void> {
    const logDir = this.cluster.logDirs[0] as string;
    const count = (): number =>
      [this.#topics.results, '__consumer_offsets']
        .flatMap((topic) => partitionsOf(logDir, topic).map((partition) => ({ topic, partition })))
        .reduce(
          (sum, { topic, partition }) => sum + readTransactions(logDir, topic, partition).abortedCount,
          0,
        );
    const before = count();
    while (count() === before) await sleep(50);
  }

  async check(t: TestContext): Promise<void> {
    await this.#stop();
    await this.#reader?.stop();
    const { direct, logDirs, late } = this.cluster;
    const verdict = await checkTopics(direct, this.#topics, logDirs[0] as string);
    const { lost, duplicated, outOfOrder, both, openRecords } = verdict;
    const counts = { lost, duplicated, outOfOrder, both };
    const found = Object.fromEntries(Object.entries(counts).map(([name, { count }]) => [name, count]));
    const codes = this.#codes;
    t.diagnostic(JSON.stringify({ sent: this.#sent, ...found, openRecords, codes, late: late.counts }));
    const none = { lost: 0, duplicated: 0, outOfOrder: 0, both: 0, openRecords: 0 };
    assert.deepEqual({ ...found, openRecords }, none, this.#service.log());
    assert.ok(codes.every((code) => code === 0) && this.#visible === this.#sent, this.#service.log());
  }

  async #stop(): Promise<void> {
    this.#service.kill('SIGTERM');
    this.#codes.push(await this.#service.exited);
  }

  /** Every consumer has its partitions. */
  async #hasJoined(): Promise<void> {
    await this.#service.waitFor('partitions_assigned');
    const consumers = Number(this.#settings['kafka.consumer_threads']);
    while (this.#service.log().split('"partitions_assigned"').length <= consumers) await sleep(10);
  }
}
