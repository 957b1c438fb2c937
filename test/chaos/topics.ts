import type { Broker } from '../helpers/kafka-broker.ts';
import { ALERTS, allTopics, type Topics } from './check.ts';

export const REQUEST_PARTITIONS = 6;
const RESULT_PARTITIONS = 4;
const DEAD_LETTER_PARTITIONS = 2;

/** Creates the topics of a run. `hasRoutes`: results of one label have one of their own. */
export async function createTopics(
  { createTopic }: Pick<Broker, 'createTopic'>,
  { hasDeadLetters, hasRoutes }: { readonly hasDeadLetters: boolean; readonly hasRoutes: boolean },
): Promise<Topics> {
  const { requests, results, deadLetters } = allTopics;
  await createTopic(requests, REQUEST_PARTITIONS);
  await createTopic(results, RESULT_PARTITIONS);
  if (hasRoutes) await createTopic(ALERTS, RESULT_PARTITIONS);
  if (hasDeadLetters) await createTopic(deadLetters, DEAD_LETTER_PARTITIONS);
  return {
    ...{ requests, results },
    ...(hasRoutes && { alerts: ALERTS }),
    ...(hasDeadLetters && { deadLetters }),
  };
}
