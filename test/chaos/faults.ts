import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from './cluster.ts';
import type { Fleet } from './fleet.ts';
import type { Load } from './load.ts';
import type { Member } from './member.ts';
import type { Fault } from './plan.ts';

export interface Scene {
  readonly cluster: Cluster;
  readonly fleet: Fleet;
  readonly load: Load;
  readonly requestsTopic: string;
  /** Partitions of the requests topic. */
  partitions: number;
}

const MEMBERS_MIN = 2;
const MEMBERS_MAX = 6;
const BAD_MESSAGES = 300;
const SLOW_MS = 150;

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
    case 'zombie':
    case 'freeze':
      return freeze(victim(fault, fleet), durationMs);
    case 'twin':
      return startTwin(victim(fault, fleet), fleet);
    case 'add-partition':
      await cluster.broker.addPartitions(scene.requestsTopic, ++scene.partitions);
      void load.addPartition();
      return;
    case 'broker-restart':
      await cluster.broker.stop();
      await sleep(durationMs);
      return cluster.broker.restart();
    case 'broker-kill':
      await cluster.broker.kill();
      await sleep(durationMs);
      return cluster.broker.restart();
    case 'network-slow':
      return disturb(cluster, { kind: 'slow', delayMs: SLOW_MS }, durationMs);
    case 'network-cut':
      return disturb(cluster, { kind: 'cut' }, durationMs);
    case 'network-stall':
      return disturb(cluster, { kind: 'stall' }, durationMs);
    case 'bad-messages':
      load.sendBad(BAD_MESSAGES);
  }
}

/** Ends everything that lasts. */
export async function heal({ cluster, fleet }: Scene): Promise<void> {
  cluster.proxy.mode = { kind: 'pass' };
  fleet.thaw();
  if (!cluster.broker.nodes.every((node) => node.running)) await cluster.broker.restart();
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

async function disturb(cluster: Cluster, mode: Cluster['proxy']['mode'], durationMs: number): Promise<void> {
  cluster.proxy.mode = mode;
  setTimeout(() => {
    if (cluster.proxy.mode === mode) cluster.proxy.mode = { kind: 'pass' };
  }, durationMs);
}
