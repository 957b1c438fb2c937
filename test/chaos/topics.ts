import type { Broker } from '../helpers/kafka-broker.ts';
import { ALERTS, allTopics, type Topics } from './check.ts';
import { RETRY_PARTITIONS } from './delayed.ts';

export const REQUEST_PARTITIONS = 6;
const RESULT_PARTITIONS = 4;
const DEAD_LETTER_PARTITIONS = 2;

interface TopicsWanted {
  readonly hasDeadLetters: boolean;
  readonly hasRoutes: boolean;
  /** Names of the topics where messages wait that have failed. */
  readonly retries: readonly string[];
}

/** Creates the topics of a run. `hasRoutes`: results of one label have one of their own. */
export async function createTopics(
  { createTopic }: Pick<Broker, 'createTopic'>,
  { hasDeadLetters, hasRoutes, retries }: TopicsWanted,
): Promise<Topics> {
  const { requests, results, deadLetters } = allTopics;
  await createTopic(requests, REQUEST_PARTITIONS);
  await createTopic(results, RESULT_PARTITIONS);
  if (hasRoutes) await createTopic(ALERTS, RESULT_PARTITIONS);
  if (hasDeadLetters) await createTopic(deadLetters, DEAD_LETTER_PARTITIONS);
  for (const topic of retries) await createTopic(topic, RETRY_PARTITIONS);
  return {
    ...{ requests, results, retries },
    ...(hasRoutes && { alerts: ALERTS }),
    ...(hasDeadLetters && { deadLetters }),
  };
}
