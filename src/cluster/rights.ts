import type { Config } from '../config/schema.ts';
import { resultsTopicsOf, retryTopicsOf } from '../config/topics.ts';
import { grantRights, type Right } from '../kafka/create-acls.ts';
import { markGroupOf } from '../kafka/mark-store.ts';
import { isPattern } from '../topic-patterns.ts';
import { type Brokers, withBrokers } from './brokers.ts';
import { withMatchedTopics } from './matched-topics.ts';

/**
 * What the user of a service needs, and no more (docs/delivery.md). With a pattern in `kafka.topic`: on the topics that
 * match it now.
 */
export function rightsOf(config: Config): Right[] {
  const { kafka } = config;
  const deadLetters = kafka.dlq_enabled ? [kafka.dlq_topic] : [];
  const retryTopics = retryTopicsOf(config);
  // Dead letters are read for the live page, which also says which of them were replayed.
  const read = [...kafka.topic.filter((name) => !isPattern(name)), ...retryTopics, ...deadLetters];
  const written = [...resultsTopicsOf(config), ...retryTopics, ...deadLetters];
  const groups = [kafka.consumer_group, markGroupOf(kafka.consumer_group)];
  const exactly = 'exactly';
  return [
    ...read.map((name): Right => ({ resource: 'topic', name, match: exactly, operation: 'read' })),
    ...written.map((name): Right => ({ resource: 'topic', name, match: exactly, operation: 'write' })),
    // Whoever may read or write may describe.
    ...groups.map((name): Right => ({ resource: 'group', name, match: exactly, operation: 'read' })),
    ...deadLetters.map(() => replayRight(kafka.consumer_group)),
    ...(kafka.delivery === 'exactly_once' ? [transactionalRight(config)] : []),
  ];
}

/** `principal`: `User:alice`. KS_NOT_AUTHORIZED, KS_STATE without an authorizer, KS_BROKER_UNREACHABLE. */
export function grantOurs(config: Config, principal: string): Promise<Right[]> {
  return withBrokers(config, async ({ reader, any }: Brokers) => {
    const rights = rightsOf(await withMatchedTopics(config, reader));
    await grantRights(any, principal, rights);
    return rights;
  });
}

/** A group for each reason. */
function replayRight(group: string): Right {
  return { resource: 'group', name: `${group}-replay-`, match: 'names that begin with', operation: 'read' };
}

/** Without an id of its own each process makes one up that begins with the name of the group. */
function transactionalRight({ kafka }: Config): Right {
  const { transactional_id: id, consumer_group: group } = kafka;
  return {
    resource: 'transactional-id',
    name: id ?? `${group}-`,
    match: id === undefined ? 'names that begin with' : 'exactly',
    operation: 'write',
  };
}
