import { heldBackReader } from '../cluster/access.ts';
import { brokerAccess } from '../config/broker-access.ts';
import { topicsOf } from '../cluster/topics.ts';
import type { Config } from '../config/schema.ts';
import { ResourceType } from '../kafka/config-request.ts';
import { describeConfigs } from '../kafka/describe-configs.ts';
import { describeGroup, type GroupDescription } from '../kafka/group-description.ts';
import type { GroupReader } from '../kafka/group-reader.ts';
import { failed, ok, type Result, skipped, warn } from './doctor-finding.ts';

const NOT_WITH_THIS_LOGIN = 'not possible with this login';

/** Whether a member of ours can join those that are in the group. */
export async function members(reader: GroupReader, config: Config): Promise<Result> {
  const { brokers } = await reader.metadata();
  const accesses = brokers.map((broker) => brokerAccess(broker, config)).filter((each) => each !== undefined);
  if (accesses.length === 0) return skipped(NOT_WITH_THIS_LOGIN);
  const found = await describeGroup(accesses, config.kafka.consumer_group);
  return found === undefined ? ok('none yet, or not visible to this user') : judgeMembers(found, config);
}

export function judgeMembers(found: GroupDescription, { kafka }: Config): Result {
  const { state, protocolType, assignor } = found;
  const type = found.type.toLowerCase();
  if (state === 'Empty' || state === 'Dead') return ok('none at the moment');
  if (protocolType !== '' && protocolType !== 'consumer') {
    return failed(
      `"${kafka.consumer_group}" is a group of ${protocolType}, which consumers cannot join`,
      'Give kafka.consumer_group a name of its own.',
    );
  }
  if (type !== kafka.group_protocol) {
    return warn(
      `the members use the ${type} group protocol, and kafka.group_protocol is ${kafka.group_protocol}`,
      `Set kafka.group_protocol to ${type}, or stop the other members first.`,
    );
  }
  const ours = kafka.partition_assignment_strategy;
  if (type === 'classic' && assignor !== undefined && assignor !== ours) {
    return failed(
      `the members assign partitions by ${assignor}, ours by ${ours}: the group will not take it in`,
      `Set kafka.partition_assignment_strategy to ${assignor}, or stop the other members first.`,
    );
  }
  return ok(`${state.toLowerCase()}, with the ${type} group protocol${assignor ? ` and ${assignor}` : ''}`);
}

/** Transactions of others hold back requests, and those of processes that were killed the readers of results. */
export async function openTransactions(reader: GroupReader, config: Config): Promise<Result> {
  const partitions = (await Promise.all(topicsOf(config).map((topic) => reader.partitionsOf(topic)))).flat();
  const open = heldBackReader(config);
  try {
    const hanging = await open.findHanging(partitions, reader);
    if (hanging.length === 0) return ok('none hangs');
    const each = hanging.map(({ topic, partition, stableOffset, highWatermark, seconds, holder }) => {
      const age = seconds === null ? 'of unknown age' : `open for ${Math.round(seconds)} s`;
      return `${topic}/${partition}: ${highWatermark - stableOffset} records behind one of ${holder}, ${age}`;
    });
    return warn(
      each.join('; '),
      'Restart that producer, which ends its transaction, or run "kubesentiment transactions abort".',
    );
  } finally {
    await open.close();
  }
}

/** A compacted topic refuses whatever has no key, and results have the key of their request. */
export async function compaction(reader: GroupReader, config: Config): Promise<Result> {
  const [broker] = (await reader.metadata()).brokers;
  const access = broker && brokerAccess(broker, config);
  if (access === undefined) return skipped(NOT_WITH_THIS_LOGIN);
  const resources = topicsOf(config).map((name) => ({ type: ResourceType.topic, name }));
  const configs = await describeConfigs(access, resources);
  const compacted = [...configs]
    .filter(([, settings]) => (settings.get('cleanup.policy') ?? '').includes('compact'))
    .map(([name]) => name);
  return compacted.length === 0
    ? ok('no topic is compacted')
    : warn(
        `compacted: ${compacted.join(', ')}`,
        'Set cleanup.policy to delete: a compacted topic takes no record without a key, and removes unread ones.',
      );
}
