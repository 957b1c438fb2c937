import { setTimeout as sleep } from 'node:timers/promises';
import { committedOffsets } from '../helpers/kafka-client.ts';
import { type Cluster, MIN_INSYNC } from './cluster.ts';
import type { Fleet } from './fleet.ts';
import { ForeignTransaction } from './foreign-transaction.ts';
import { heldKinds, lateMoments } from './late-requests.ts';
import { tryCanary } from './canary-faults.ts';
import { exchangeHalf, exchangeModel } from './model-faults.ts';
import { outputsOf } from './check.ts';
import type { Member } from './member.ts';
import type { Fault } from './plan.ts';
import type { Scene } from './scene.ts';
import { Random } from '../../src/corpus/random.ts';

export type { Scene } from './scene.ts';

const MEMBERS_MIN = 2;
const MEMBERS_MAX = 6;
const BAD_MESSAGES = 300;
const SLOW_MS = 150;
const HOLD_GAP_MS = 60;
/** Whose leaders are the coordinators of groups and transactions. */
const coordinated = ['__consumer_offsets', '__transaction_state'];

/**
 * Does what the plan says. Resolves when the next fault may come; what lasts (a frozen process, a bad network)
 * goes on meanwhile, so that faults meet.
 */
export async function inflict(fault: Fault, scene: Scene): Promise<void> {
  const { cluster, fleet, load } = scene;
  const { durationMs } = fault;
  switch (fault.kind) {
    case 'kill':
    case 'terminate':
      return replace(fault, scene);
    case 'join':
      if (fleet.size < MEMBERS_MAX) fleet.start();
      return;
    case 'leave':
      if (fleet.awake.length > MEMBERS_MIN) void fleet.terminate(victim(fault, fleet));
      return;
    case 'surge':
      while (fleet.size < MEMBERS_MAX) fleet.start();
      setTimeout(() => {
        for (const member of fleet.awake.slice(MEMBERS_MIN)) void fleet.terminate(member);
      }, durationMs);
      return;
    case 'zombie':
    case 'freeze':
      return freeze(victim(fault, fleet), durationMs);
    case 'twin':
      return startTwin(victim(fault, fleet), fleet);
    case 'add-partition':
      await scene.whole; // a partition needs every broker
      await cluster.broker.addPartitions(scene.topics.requests, ++scene.partitions);
      void load.addPartition();
      return;
    case 'broker-restart':
    case 'broker-kill':
      return restartBroker(fault, scene);
    case 'broker-freeze':
      return freezeBroker(fault, scene);
    case 'cluster-kill':
      await scene.whole;
      await cluster.broker.kill();
      await sleep(durationMs);
      return cluster.broker.restart();
    case 'leader-moved':
      return cluster.moveLeaders(oneOf(Object.values(scene.topics), fault), new Random(fault.pick));
    case 'coordinator-moved':
      return cluster.moveLeaders(oneOf(coordinated, fault), new Random(fault.pick));
    case 'unwritable':
      return closeTopic(oneOf(outputsOf(scene.topics), fault), fault, cluster);
    case 'replica-missing':
      return missReplica(oneOf(outputsOf(scene.topics), fault), fault, scene);
    case 'network-slow':
      return disturb(cluster, { kind: 'slow', delayMs: SLOW_MS }, durationMs);
    case 'network-cut':
      return disturb(cluster, { kind: 'cut' }, durationMs);
    case 'network-stall':
      return disturb(cluster, { kind: 'stall' }, durationMs);
    case 'bad-messages':
      load.sendBad(BAD_MESSAGES);
      return;
    case 'held-requests':
      return holdRequests(fault, cluster);
    case 'packet-loss':
      if (cluster.loss === undefined) throw new Error('The network is not our own.');
      cluster.loss.lose().catch(() => undefined); // with nothing to do, nothing is lost
      return;
    case 'open-transaction':
      return leaveTransaction(fault, scene);
    case 'model-exchanged':
      return exchangeModel(fault, scene);
    case 'model-half-written':
      return exchangeHalf(fault, scene);
    case 'canary-promoted':
    case 'canary-withdrawn':
    case 'canary-bad':
    case 'canary-half-written':
      return tryCanary(fault, scene);
  }
}

/** Ends everything that lasts. */
export async function heal({ cluster, fleet, topics, whole }: Scene): Promise<void> {
  await whole;
  cluster.late.stop();
  cluster.network = { kind: 'pass' };
  fleet.thaw();
  for (const node of cluster.broker.nodes) if (!node.running) await node.start();
  for (const topic of outputsOf(topics)) await openTopic(topic, cluster);
}

function victim({ pick }: Fault, fleet: Fleet): Member {
  const { awake } = fleet;
  return awake[pick % awake.length] ?? fleet.start();
}

async function replace(fault: Fault, { fleet }: Scene): Promise<void> {
  const member = victim(fault, fleet);
  const identity = fault.sameIdentity ? member.identity : fleet.newIdentity();
  const ended = fault.kind === 'kill' ? fleet.kill(member) : fleet.terminate(member);
  // A successor under the same name waits for the end, as in a StatefulSet; another one need not.
  if (fault.sameIdentity) await ended;
  await sleep(fault.durationMs);
  fleet.start(identity);
}

async function freeze(member: Member, durationMs: number): Promise<void> {
  member.signal('SIGSTOP');
  setTimeout(() => member.signal('SIGCONT'), durationMs);
}

async function startTwin(member: Member, fleet: Fleet): Promise<void> {
  member.dismissed = true; // the twin fences it off, and is its successor
  fleet.start(member.identity);
}

async function disturb(cluster: Cluster, mode: Cluster['network'], durationMs: number): Promise<void> {
  cluster.network = mode;
  setTimeout(() => {
    if (cluster.network === mode) cluster.network = { kind: 'pass' };
  }, durationMs);
}

/** For a while every producer's next request but a few is held. */
async function holdRequests({ pick, durationMs }: Fault, { late }: Cluster): Promise<void> {
  const order = late.start({
    kinds: heldKinds,
    moments: lateMoments,
    gapMs: HOLD_GAP_MS,
    random: new Random(pick),
  });
  setTimeout(() => late.stop(order), durationMs);
}

/** As somebody leaves it who is killed, while another is killed: who gets its partitions has to wait. */
async function leaveTransaction(fault: Fault, scene: Scene): Promise<void> {
  const { cluster, group, topics } = scene;
  await scene.whole;
  const committed = await committedOffsets(cluster.direct, group, topics.requests);
  const offsets = committed.map(({ partition, offset = 0 }) => ({
    topic: topics.requests,
    partition,
    offset,
  }));
  const foreign = await ForeignTransaction.open(cluster.direct, group, offsets, fault.durationMs);
  await foreign.leave();
  await replace({ ...fault, kind: 'kill', durationMs: 0 }, scene);
}

/** One at a time is away: two of three must be there. */
async function restartBroker({ kind, pick, durationMs }: Fault, scene: Scene): Promise<void> {
  await scene.whole;
  const node = brokerOf(pick, scene);
  await (kind === 'broker-restart' ? node.stop() : node.kill());
  scene.whole = sleep(durationMs).then(() => node.start());
  scene.whole.catch(() => undefined); // whoever waits for it next gets the error
}

async function freezeBroker({ pick, durationMs }: Fault, scene: Scene): Promise<void> {
  await scene.whole;
  const { pid } = brokerOf(pick, scene);
  process.kill(pid, 'SIGSTOP');
  scene.whole = sleep(durationMs).then(() => void process.kill(pid, 'SIGCONT'));
  scene.whole.catch(() => undefined); // whoever waits for it next gets the error
}

function brokerOf(pick: number, { cluster }: Scene): Cluster['broker']['nodes'][number] {
  const { nodes } = cluster.broker;
  return nodes[pick % nodes.length] as (typeof nodes)[number];
}

/** No result and no dead letter fits, but the marks of transactions (78 bytes) do, or none could ever end. */
async function closeTopic(topic: string, { durationMs }: Fault, cluster: Cluster): Promise<void> {
  await cluster.setTopicConfig(topic, 'max.message.bytes', '100');
  await sleep(durationMs);
  await openTopic(topic, cluster);
}

async function missReplica(topic: string, fault: Fault, scene: Scene): Promise<void> {
  const { cluster } = scene;
  await scene.whole;
  await cluster.setTopicConfig(topic, 'min.insync.replicas', String(cluster.broker.nodes.length));
  await restartBroker(fault, scene);
  scene.whole = scene.whole.then(() => openTopic(topic, cluster));
  scene.whole.catch(() => undefined);
}

async function openTopic(topic: string, cluster: Cluster): Promise<void> {
  await cluster.setTopicConfig(topic, 'max.message.bytes', '1048588');
  const replicas = cluster.broker.nodes.length > 1 ? MIN_INSYNC : 1;
  await cluster.setTopicConfig(topic, 'min.insync.replicas', String(replicas));
}

function oneOf<T>(choices: readonly T[], { pick }: Fault): T {
  return choices[pick % choices.length] as T;
}
