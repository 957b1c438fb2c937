import type { Config } from '../config/schema.ts';
import { KubesentimentError } from '../errors.ts';
import { GroupReader } from '../kafka/group-reader.ts';
import { clusterProperties } from '../cluster/access.ts';
import { withBrokers } from '../cluster/brokers.ts';
import type { BrokerAccess } from '../kafka/broker-connection.ts';
import { deleteRecordsBefore } from '../kafka/delete-records.ts';
import { readDeadLetters } from './read.ts';

/** The format of `kafka-delete-records --offset-json-file`. */
export interface PurgePlan {
  readonly version: 1;
  readonly partitions: readonly {
    readonly topic: string;
    readonly partition: number;
    /** Everything before it is deleted. */
    readonly offset: number;
  }[];
}

export interface PurgeBounds {
  readonly before?: number;
  readonly partitions?: readonly number[];
  readonly upTo?: PurgePlan;
}

/** The plan, and how many offsets it deletes (control records included). */
export interface Purge {
  readonly plan: PurgePlan;
  readonly offsets: number;
}

/**
 * What to delete: everything before `before` in each partition, or everything there is now. `upTo`: what is left of an
 * earlier plan. KS_USAGE for a partition that the topic does not have.
 */
export async function planPurge(config: Config, { before, partitions, upTo }: PurgeBounds): Promise<Purge> {
  const reader = new GroupReader({
    group: config.kafka.consumer_group,
    properties: clusterProperties(config),
  });
  try {
    await reader.connect();
    const all = await reader.partitionsOf(config.kafka.dlq_topic);
    const unknown = partitions?.find((partition) => partition >= all.length);
    if (unknown !== undefined) {
      throw new KubesentimentError('KS_USAGE', `The topic has no partition ${unknown}.`);
    }
    const wanted = all.filter(({ partition }) => partitions?.includes(partition) ?? true);
    const ends = await reader.ends(wanted);
    const planned = wanted.map((entry, index) => {
      const { low, high } = ends[index] as (typeof ends)[number];
      const planned = upTo?.partitions.find(({ partition }) => partition === entry.partition)?.offset;
      const end = upTo === undefined ? (before ?? high) : (planned ?? low);
      return { ...entry, low, offset: Math.min(end, high) };
    });
    const needed = planned.filter(({ low, offset }) => offset > low);
    return {
      plan: {
        version: 1,
        partitions: needed.map(({ topic, partition, offset }) => ({ topic, partition, offset })),
      },
      offsets: needed.reduce((sum, { low, offset }) => sum + offset - low, 0),
    };
  } finally {
    await reader.close();
  }
}

/**
 * Deletes what the plan says, leader by leader. KS_NOT_AUTHORIZED, KS_BROKER_UNREACHABLE, KS_STATE with a login that
 * only librdkafka has. The caller looks whether the records are gone.
 */
export function carryOut(config: Config, { partitions }: PurgePlan): Promise<void> {
  return withBrokers(config, async ({ leaderOf }) => {
    const byLeader = new Map<string, { leader: BrokerAccess; places: (typeof partitions)[number][] }>();
    for (const place of partitions) {
      const leader = leaderOf(place);
      const name = `${leader.host}:${leader.port}`;
      const group = byLeader.get(name) ?? { leader, places: [] };
      group.places.push(place);
      byLeader.set(name, group);
    }
    for (const { leader, places } of byLeader.values())
      await deleteRecordsBefore(leader, config.kafka.dlq_topic, places);
  });
}

/** How many dead letters a plan deletes. Their offsets are more: each transaction takes one for its end. */
export async function countLetters(config: Config, { partitions }: PurgePlan): Promise<number> {
  if (partitions.length === 0) return 0;
  const ends = new Map(partitions.map(({ partition, offset }) => [partition, offset]));
  let count = 0;
  for await (const { letter } of readDeadLetters(config, { partitions: [...ends.keys()] })) {
    if (letter.offset < (ends.get(letter.partition) ?? 0)) count++;
  }
  return count;
}
