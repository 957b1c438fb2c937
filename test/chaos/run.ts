import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { committedOffsets } from '../helpers/kafka-client.ts';
import { setFeature } from '../helpers/kafka-wire.ts';
import { checkTopics, hasOpenTransactions, requestOf, type Topics, type Verdict } from './check.ts';
import { type Cluster, startCluster } from './cluster.ts';
import { heal, inflict, type Scene } from './faults.ts';
import { Fleet, type FleetCounts } from './fleet.ts';
import type { LateRequests } from './late-requests.ts';
import { Load } from './load.ts';
import type { LossyNetwork } from './lossy-network.ts';
import type { LossCounts } from './packet-loss.ts';
import { createPlan, describeFault, FAULT_KINDS, type FaultKind, type Plan, printPlan } from './plan.ts';
import { Random } from './random.ts';
import { LiveReader } from './reader.ts';
import { hasPassed } from './report.ts';
import { Recovery, type RecoveryTimes } from './recovery.ts';
import { topicSettings } from '../helpers/topics.ts';

export interface ChaosOptions {
  readonly records: number;
  readonly seed: number;
  /** For how long faults are inflicted, about. */
  readonly minutes: number;
  /** Folder of the product to be tried. */
  readonly product: string;
  /** Settings of every member. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
  readonly brokers: 1 | 3;
  readonly delivery?: 'exactly_once' | 'at_least_once';
  /** Instead of the plan of the seed. */
  readonly plan?: Plan;
  /** Faults to choose from. Default: all that are possible here. */
  readonly kinds?: readonly FaultKind[];
  /** Without it no packets can be lost. */
  readonly network?: LossyNetwork | undefined;
  /** Of the brokers. Default: the newest that they know. */
  readonly transactionVersion?: number | undefined;
  readonly print: (line: string) => void;
}

export interface ChaosReport {
  readonly seed: number;
  readonly brokers: number;
  readonly delivery: 'exactly_once' | 'at_least_once';
  readonly records: number;
  readonly faults: Partial<Record<FaultKind, number>>;
  readonly faultCount: number;
  readonly durationS: number;
  /** Everything sent was committed by the group before time was up. */
  readonly drained: boolean;
  readonly verdict: Verdict;
  readonly members: FleetCounts;
  readonly recovery: Partial<Record<FaultKind, RecoveryTimes>>;
  /** As the plan has it. */
  readonly slowBrokers: boolean;
  readonly transactionVersion: number | 'newest';
  /** Requests that came late, and what the broker answered. */
  readonly late: LateRequests['counts'];
  readonly packetLoss: LossCounts;
}

const REQUEST_PARTITIONS = 6;
const RESULT_PARTITIONS = 4;
const DEAD_LETTER_PARTITIONS = 2;
const MEMBERS = 3;
const FAULTS_PER_MINUTE = 10;
/** For what is left when the last fault is over, and for each record sent: the machine may be slow. */
const DRAIN_TIMEOUT_MS = 180_000;
const DRAIN_MS_PER_RECORD = 1;
/** A transaction that nobody ends, and the time until the broker looks. */
const OPEN_MS_MAX = 60_000;
/** Clients that come back at once, so that more can happen to them. */
const QUICK_CLIENTS = {
  'reconnect.backoff.ms': 10,
  'reconnect.backoff.max.ms': 50,
  'retry.backoff.ms': 20,
  'socket.timeout.ms': 1_500,
};
const topics: Topics = { requests: 'requests', results: 'results', deadLetters: 'dead-letters' };
const group = 'chaos';

/** One run from the first broker to the verdict. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { records, seed, minutes, print, network } = options;
  const startedAt = performance.now();
  const plan = options.plan ?? planOf(options);
  print(printPlan(plan));
  const logFolder = mkdtempSync(join(tmpdir(), 'kubesentiment-chaos-logs-'));
  print(`Logs of the members, kept if the run fails or one hangs: ${logFolder}`);
  const intervalMs = plan.slowBrokers ? 10_000 : 1_000;
  const properties = { 'transaction.abort.timed.out.transaction.cleanup.interval.ms': String(intervalMs) };
  const cluster = await startCluster(options.brokers, properties, network);
  const { transactionVersion } = options;
  if (transactionVersion !== undefined)
    await setFeature(cluster.direct, 'transaction.version', transactionVersion);
  await cluster.broker.createTopic(topics.requests, REQUEST_PARTITIONS);
  await cluster.broker.createTopic(topics.results, RESULT_PARTITIONS);
  await cluster.broker.createTopic(topics.deadLetters, DEAD_LETTER_PARTITIONS);

  const settings = {
    'kafka.bootstrap_servers': cluster.proxied,
    ...topicSettings(topics),
    ...options.settings,
  };
  const { product, delivery = 'exactly_once' } = options;
  const fleet = new Fleet({
    ...{ product, group, delivery, settings, logFolder },
    random: new Random(seed),
    ...(network && { launcher: network.launcher }),
    ...(options.kinds && { librdkafka: QUICK_CLIENTS }),
  });
  const load = new Load({
    bootstrapServers: cluster.direct,
    topic: topics.requests,
    partitions: REQUEST_PARTITIONS,
    records,
    perSecond: records / (minutes * 60),
    seed,
  });
  const scene: Scene = {
    cluster,
    fleet,
    load,
    topics,
    group,
    partitions: REQUEST_PARTITIONS,
    whole: Promise.resolve(),
  };
  const recovery = new Recovery();
  try {
    const live = await watch(cluster, recovery);
    await load.start();
    const faultCount = await inflictAll(plan, scene, recovery, print);
    await heal(scene);
    await load.finish();
    const drained = await waitUntilDrained(scene, print);
    await fleet.endPhase();
    await live.stop();
    print('Reading all topics to the end.');
    await cluster.untilWhole([topics.results, topics.deadLetters, '__consumer_offsets']);
    await untilEnded(cluster);
    const verdict = await checkTopics(cluster.direct, topics, cluster.logDirs[0] as string);
    const report: ChaosReport = {
      seed,
      brokers: options.brokers,
      delivery,
      records,
      faults: countFaults(plan),
      faultCount,
      durationS: Math.round((performance.now() - startedAt) / 1_000),
      drained,
      verdict,
      members: fleet.counts,
      recovery: recovery.report(),
      slowBrokers: plan.slowBrokers,
      transactionVersion: transactionVersion ?? 'newest',
      late: cluster.late.counts,
      packetLoss: cluster.loss?.counts ?? { losses: 0, answers: {} },
    };
    if (hasPassed(report) && fleet.counts.hung === 0) rmSync(logFolder, { recursive: true });
    return report;
  } finally {
    fleet.killAll();
    await cluster.close();
  }
}

function planOf({ seed, minutes, kinds = FAULT_KINDS, network }: ChaosOptions): Plan {
  const possible = kinds.filter((kind) => kind !== 'packet-loss' || network !== undefined);
  return createPlan(seed, Math.max(possible.length, Math.round(minutes * FAULTS_PER_MINUTE)), possible);
}

/** Records behind an open transaction cannot be read. What is open after this is open for ever. */
async function untilEnded({ logDirs }: Cluster): Promise<void> {
  const deadline = performance.now() + OPEN_MS_MAX;
  while (hasOpenTransactions(logDirs[0] as string, topics) && performance.now() < deadline)
    await sleep(1_000);
}

function watch(cluster: Cluster, recovery: Recovery): Promise<LiveReader> {
  return LiveReader.start(cluster.direct, [topics.results, topics.deadLetters], (record) => {
    const kind = record.topic === topics.results ? 'result' : 'deadLetter';
    recovery.visible(requestOf(kind, record).partition);
  });
}

/** Resolves with the number of faults that could be inflicted. */
async function inflictAll(
  { phases }: Plan,
  scene: Scene,
  recovery: Recovery,
  print: (line: string) => void,
): Promise<number> {
  const faultCount = phases.reduce((sum, { faults }) => sum + faults.length, 0);
  let done = 0;
  let failed = 0;
  const startedAt = performance.now();
  for (const phase of phases) {
    await scene.fleet.startPhase(phase, MEMBERS);
    for (const fault of phase.faults) {
      scene.load.allow(++done / faultCount);
      const second = Math.round((performance.now() - startedAt) / 1_000);
      print(`${String(second).padStart(5)} s  ${done}/${faultCount}  ${describeFault(fault)}`);
      recovery.faultStarts(fault.kind);
      try {
        await inflict(fault, scene);
      } catch (error) {
        failed++;
        print(`        could not be inflicted: ${(error as Error).message.split('\n')[0]}`);
      }
      await sleep(fault.pauseMs);
    }
    // All members of one assignor end before the first of another comes, as the group protocol demands.
    if (phase !== phases.at(-1)) {
      await heal(scene);
      await scene.fleet.endPhase();
    }
  }
  return faultCount - failed;
}

/** Resolves with true when the group has committed everything that was sent. */
async function waitUntilDrained(
  { cluster, load, fleet }: Scene,
  print: (line: string) => void,
): Promise<boolean> {
  print(`${load.sent} requests sent; no more faults. Waiting for ${fleet.size} members to finish.`);
  const deadline = performance.now() + DRAIN_TIMEOUT_MS + load.sent * DRAIN_MS_PER_RECORD;
  while (performance.now() < deadline) {
    const committed = await committedOffsets(cluster.direct, group, topics.requests).catch(() => []);
    const sum = committed.reduce((total, { offset }) => total + (offset ?? 0), 0);
    if (sum >= load.acknowledged) return true;
    await sleep(500);
  }
  return false;
}

function countFaults({ phases }: Plan): Partial<Record<FaultKind, number>> {
  const counts: Partial<Record<FaultKind, number>> = {};
  for (const { kind } of phases.flatMap(({ faults }) => faults)) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}
