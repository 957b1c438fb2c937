/**
 * A broker that coordinates a group, is stopped while offsets are on their way to it, and comes back when another has
 * taken its place. Brokers with KAFKA-20634 then acknowledge offsets that nobody has. Nothing is left to chance but how
 * fast the returning broker reads its queue, and that is filled.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { committedOffsets, readMetadata } from '../helpers/kafka-client.ts';
import { int32, int64, request, string } from '../helpers/kafka-wire.ts';
import type { Cluster } from './cluster.ts';

const OFFSETS_TOPIC = '__consumer_offsets';
/** Of a broker by default. */
const OFFSETS_PARTITIONS = 5;
const OFFSET_COMMIT = 8;
const OFFSET_FETCH = 9;
/** How many offsets the stopped broker has and no other, and how many of them its successor writes over. */
const WAITING = 30;
const WRITTEN_OVER = 10;
/** Questions that keep the coordinator of the returning broker busy, and how many partitions each asks for. */
const QUESTIONS = 6;
const ASKED = 500_000;
/** A fetch of a follower that finds nothing new is answered after half of this. */
const FETCHES_OVER_MS = 1_000;
const STEP_MS = 200;
/** A broker that stands still answers late. */
const ANSWER_MS_MAX = 120_000;

/** Settings of the brokers that make what happens certain, and soon. */
export const deposedProperties: Readonly<Record<string, string>> = {
  'group.coordinator.threads': '1',
  // Longer than the broker stands still: it is to answer afterwards.
  'offsets.commit.timeout.ms': '60000',
  'replica.lag.time.max.ms': '30000',
  // Offsets of transactions would wait for the brokers that are stopped meanwhile.
  'transaction.partition.verification.enable': 'false',
  'broker.session.timeout.ms': '3000',
  'broker.heartbeat.interval.ms': '500',
};

export interface Deposed {
  /** What the deposed broker answered to offsets of other groups, by error code. */
  readonly answers: Readonly<Record<number, number>>;
  /** Acknowledged by it, and not there. */
  readonly lost: number;
}

/** The commits of one moment, on the partition where `group` has its offsets. */
export class DeposedCoordinator {
  readonly #cluster: Cluster;
  readonly #topic: string;
  readonly #partition: number;
  /** Number of the broker, from 1. */
  #node = 0;

  constructor(cluster: Cluster, group: string, topic: string) {
    this.#cluster = cluster;
    this.#topic = topic;
    this.#partition = partitionOf(group);
  }

  /** From here on nobody gets what the coordinator writes. Resolves when the followers have asked for the last time. */
  async isolate(): Promise<void> {
    const leader = await this.#leader();
    if (leader === undefined) throw new Error('The group has no coordinator.');
    this.#node = leader;
    for (const node of this.#others) process.kill(this.#pid(node), 'SIGSTOP');
    await sleep(FETCHES_OVER_MS);
  }

  /** Call when what matters has been sent to the coordinator: it is stopped, replaced, and comes back. */
  async depose(): Promise<Deposed> {
    const servers = this.#cluster.direct.split(',');
    const own = servers[this.#node - 1] as string;
    const name = `waiting-${Math.random()}`;
    const groups = groupsOn(this.#partition, `${name}-`, WAITING);
    const answers = new Map<string, number>();
    const waiting = groups.map(async (group) =>
      answers.set(group, await this.#commit(own, group).catch(() => -1)),
    );
    await sleep(FETCHES_OVER_MS);
    process.kill(this.#pid(this.#node), 'SIGSTOP');
    for (const node of this.#others) process.kill(this.#pid(node), 'SIGCONT');
    for (const group of groupsOn(this.#partition, `later-${name}-`, WRITTEN_OVER)) {
      while (!(await this.#commitToSuccessor(group))) await sleep(STEP_MS);
    }
    // They are ahead of the end of its coordinator in the queue of this partition; the high watermark is ahead of all.
    const busyGroup = groupsOn(this.#partition, 'busy-', 1)[0] as string;
    const questions = Array.from({ length: QUESTIONS }, () =>
      this.#ask(own, busyGroup).catch(() => undefined),
    );
    await sleep(STEP_MS);
    process.kill(this.#pid(this.#node), 'SIGCONT');
    await Promise.all([...waiting, ...questions]);
    const counts: Record<number, number> = {};
    let lost = 0;
    for (const [group, code] of answers) {
      counts[code] = (counts[code] ?? 0) + 1;
      if (code !== 0) continue;
      const found = await committedOffsets(this.#cluster.direct, group, this.#topic);
      if (found[0]?.offset === undefined) lost++;
    }
    return { answers: counts, lost };
  }

  get #others(): number[] {
    return [1, 2, 3].filter((node) => node !== this.#node);
  }

  #pid(node: number): number {
    return this.#cluster.broker.nodes[node - 1]?.pid as number;
  }

  async #leader(servers = this.#cluster.direct): Promise<number | undefined> {
    const { topics } = await readMetadata(servers, OFFSETS_TOPIC);
    const partitions = topics.find(({ name }) => name === OFFSETS_TOPIC)?.partitions ?? [];
    return partitions.find(({ id }) => id === this.#partition)?.leader;
  }

  async #commitToSuccessor(group: string): Promise<boolean> {
    const servers = this.#cluster.direct.split(',');
    const others = this.#others.map((node) => servers[node - 1] as string);
    const leader = await this.#leader(others.join(',')).catch(() => undefined);
    if (leader === undefined || leader < 1 || leader === this.#node) return false;
    const code = await this.#commit(servers[leader - 1] as string, group).catch(() => -1);
    return code === 0;
  }

  /** OffsetCommit, version 2: of nobody in particular. Returns the error code. */
  async #commit(server: string, group: string): Promise<number> {
    const ofPartition = [int32(1), int32(0), int64(1), string('')];
    const body = [string(group), int32(-1), string(''), int64(-1), int32(1), string(this.#topic)];
    const answer = await request(server, OFFSET_COMMIT, 2, [...body, ...ofPartition], ANSWER_MS_MAX);
    return answer.readInt16BE(answer.length - 2);
  }

  /** OffsetFetch, version 1: for the same partition again and again. */
  async #ask(server: string, group: string): Promise<void> {
    const partitions = [int32(ASKED), Buffer.alloc(4 * ASKED)];
    const body = [string(group), int32(1), string(this.#topic), ...partitions];
    await request(server, OFFSET_FETCH, 1, body, ANSWER_MS_MAX);
  }
}

/** Names of groups whose offsets are in that partition. */
function groupsOn(partition: number, prefix: string, count: number): string[] {
  const found: string[] = [];
  for (let i = 0; found.length < count; i++)
    if (partitionOf(`${prefix}${i}`) === partition) found.push(`${prefix}${i}`);
  return found;
}

/** As Kafka does it: by the hash code of Java. */
function partitionOf(group: string): number {
  let hash = 0;
  for (const char of group) hash = (Math.imul(hash, 31) + char.charCodeAt(0)) | 0;
  return Math.abs(hash) % OFFSETS_PARTITIONS;
}
