import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { watchAnswers } from './answers.ts';
import { CanaryAnswers } from './canary-answers.ts';
import { testedKafka } from '../helpers/kafka-jars.ts';
import { groupState, setFeature } from '../helpers/kafka-wire.ts';
import { allTopics, checkTopics, outputsOf, ownOrigins, type Topics, untilTransactionsEnd } from './check.ts';
import { type Cluster, startCluster } from './cluster.ts';
import { launchOf } from './command.ts';
import { type ChaosData, openData, verifyOwn } from './data.ts';
import { keepEvidence } from './evidence.ts';
import { heal, inflict, type Scene } from './faults.ts';
import { Fleet } from './fleet.ts';
import { BROKEN_SHARE, retrySettings, retryTopicsOf } from './delayed.ts';
import { waitUntilDrained } from './drained.ts';
import { Load } from './load.ts';
import { ModelAnswers } from './model-answers.ts';
import { modelRequest, ModelVersions } from './model-versions.ts';
import type { ChaosOptions } from './options.ts';
import { describeFault, type Plan, printPlan } from './plan.ts';
import { Random } from '../../src/corpus/random.ts';
import { type ChaosReport, hasPassed } from './report.ts';
import { Recovery } from './recovery.ts';
import { countFaults, leftOutOf, planOf } from './run-plan.ts';
import { topicSettings } from '../helpers/topics.ts';
import { createTopics, REQUEST_PARTITIONS } from './topics.ts';
import { WireTrace } from './wire-trace.ts';

export type { ChaosOptions } from './options.ts';

const MEMBERS_DEFAULT = 3;
/** How often a broker looks for transactions that have timed out: by default, and to save time. */
const SLOW_SCAN_MS = 10_000;
const QUICK_SCAN_MS = 1_000;
/** Clients that come back at once, so that more can happen to them. */
const quickClients = {
  'reconnect.backoff.ms': 10,
  'reconnect.backoff.max.ms': 50,
  'retry.backoff.ms': 20,
  'socket.timeout.ms': 1_500,
};
const GROUP = 'chaos';

/** One run from the first broker to the verdict. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { records, seed, minutes, print, command, members = MEMBERS_DEFAULT, network } = options;
  const data = await openData(options.data ?? 'json');
  const { origins = data?.origins ?? ownOrigins, delivery = 'exactly_once', hasDeadLetters = true } = options;
  const startedAt = performance.now();
  const leftOut = leftOutOf(options, members);
  const plan = planOf(options, leftOut, members);
  print(printPlan(plan));
  if (leftOut.length > 0) print(`Left out: ${leftOut.join(', ')}`);
  const logFolder = mkdtempSync(join(tmpdir(), 'kubesentiment-chaos-logs-'));
  print(`Logs of the members, kept if the run fails or one hangs: ${logFolder}`);
  const intervalMs = plan.slowBrokers ? SLOW_SCAN_MS : QUICK_SCAN_MS;
  const properties = { 'transaction.abort.timed.out.transaction.cleanup.interval.ms': String(intervalMs) };
  const trace = new WireTrace(join(logFolder, 'transactions.log'));
  const cluster = await startCluster(options.brokers, properties, network, trace);
  const { transactionVersion } = options;
  if (transactionVersion !== undefined)
    await setFeature(cluster.direct, 'transaction.version', transactionVersion);
  const retries = retryTopicsOf(options.retryTopics);
  const topics = await createTopics(cluster.broker, {
    hasDeadLetters,
    hasRoutes: data !== undefined,
    retries,
  });
  const settings = settingsOf(options, cluster, data, logFolder);
  const models = options.hasModels ? new ModelVersions(logFolder) : undefined;
  const fleet = createFleet(options, settings, cluster, topics, logFolder, models);
  process.once('exit', () => fleet.killAll());
  const load = new Load({
    bootstrapServers: cluster.direct,
    topic: topics.requests,
    partitions: REQUEST_PARTITIONS,
    records,
    perSecond: records / (minutes * 60),
    seed,
    ...(leftOut.includes('bad-messages') ? { badShare: 0 } : {}),
    ...(data && { createValue: data.createValue, badValues: data.badValues }),
    ...(models && { createValue: modelRequest }),
    brokenShare: retries.length > 0 ? BROKEN_SHARE : 0,
  });
  const scene: Scene = {
    cluster,
    fleet,
    load,
    topics,
    group: GROUP,
    models,
    partitions: REQUEST_PARTITIONS,
    whole: Promise.resolve(),
  };
  const recovery = new Recovery();
  try {
    const seen = { records: 0 };
    const isAnswered = (): boolean => retries.length === 0 || seen.records >= load.acknowledged;
    const live = await watchAnswers(cluster.direct, topics, origins, (partition) => {
      recovery.visible(partition);
      seen.records++;
    });
    await load.start();
    const faultCount = await inflictAll(plan, scene, members, recovery, print);
    await heal(scene);
    await load.finish();
    const drained = await waitUntilDrained(scene, GROUP, isAnswered, print);
    await fleet.endPhase();
    await live.stop();
    print('Reading all topics to the end.');
    await cluster.untilWhole([...outputsOf(topics), '__consumer_offsets']);
    const logDir = cluster.logDirs[0] as string;
    await untilTransactionsEnd(topics, logDir);
    const erasOf = (process: number) => fleet.modelLog.erasOf(process);
    const canaries = models && new CanaryAnswers(models.canaries.facts, erasOf);
    const answers = models && new ModelAnswers(models.placedAtMs, canaries);
    const verdict = await checkTopics(cluster.direct, topics, logDir, origins, answers);
    const direct = { ...settings, 'kafka.bootstrap_servers': cluster.direct, 'kafka.consumer_group': GROUP };
    const verify =
      data && (await verifyOwn(options.product, { ...direct, 'request.tombstones': 'dead_letter' }));
    const report: ChaosReport = {
      ...(command ? { program: command.line } : {}),
      ...(data && verify ? { data: data.kind, verify } : {}),
      leftOut,
      seed,
      brokers: options.brokers,
      delivery,
      records,
      faults: countFaults(plan),
      faultCount,
      durationS: Math.round((performance.now() - startedAt) / 1_000),
      drained,
      verdict,
      ...(models &&
        answers && {
          models: {
            ...answers.verdict(delivery === 'exactly_once'),
            mix: models.mix,
            ...fleet.modelLog.report(),
          },
        }),
      ...(canaries && { canaries: canaries.verdict() }),
      members: fleet.counts,
      recovery: recovery.report(),
      slowBrokers: plan.slowBrokers,
      kafka: testedKafka,
      transactionVersion: transactionVersion ?? 'newest',
      late: cluster.late.counts,
      packetLoss: cluster.loss?.counts ?? { losses: 0, answers: {} },
    };
    const hasFailed = !hasPassed(report);
    if (hasFailed && options.keepsEvidence)
      print(await keepEvidence({ folder: join(logFolder, 'evidence'), cluster, topics, origins, verdict }));
    if (!hasFailed && fleet.counts.hung === 0) rmSync(logFolder, { recursive: true });
    return report;
  } finally {
    fleet.killAll();
    trace.close();
    await cluster.close();
    await data?.close();
  }
}

function settingsOf(
  { retryTopics, settings }: ChaosOptions,
  cluster: Cluster,
  data: ChaosData | undefined,
  folder: string,
) {
  const own = { 'kafka.bootstrap_servers': cluster.proxied, ...topicSettings(allTopics) };
  const delayed = retryTopics && retrySettings(retryTopics, folder);
  return { ...own, ...delayed, ...data?.settings, ...settings };
}

function createFleet(
  options: ChaosOptions,
  settings: ReturnType<typeof settingsOf>,
  cluster: Cluster,
  topics: Topics,
  logFolder: string,
  models: ModelVersions | undefined,
): Fleet {
  const { product, delivery = 'exactly_once', seed, command, network } = options;
  const common = {
    ...{ product, group: GROUP, delivery, settings, logFolder, models },
    random: new Random(seed),
    ...(network && { launcher: network.launcher }),
    ...(options.kinds && { librdkafka: quickClients }),
  };
  if (command === undefined) return new Fleet(common);
  const commandScene = { bootstrapServers: cluster.proxied, group: GROUP, topics };
  return new Fleet({
    ...common,
    launch: (identity, phase) => launchOf(command, commandScene, identity, phase),
    hasJoined: command.ready === undefined ? () => isStable(cluster) : undefined,
  });
}

async function isStable(cluster: Cluster): Promise<boolean> {
  // A broker may be away.
  const states = cluster.direct.split(',').map((server) => groupState(server, GROUP).catch(() => undefined));
  return (await Promise.all(states)).includes('Stable');
}

/** Resolves with the number of faults that could be inflicted. */
async function inflictAll(
  { phases }: Plan,
  scene: Scene,
  members: number,
  recovery: Recovery,
  print: (line: string) => void,
): Promise<number> {
  const faultCount = phases.reduce((sum, { faults }) => sum + faults.length, 0);
  let done = 0;
  let failed = 0;
  const startedAt = performance.now();
  for (const phase of phases) {
    await scene.fleet.startPhase(phase, members);
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
