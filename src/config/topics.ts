import { listRetryTopics } from '../retry-topics.ts';
import { namesOnly } from '../topic-patterns.ts';
import type { Config } from './schema.ts';

/** All topics that take results: the one for results, and those of the routes. */
export function resultsTopicsOf({ kafka, result }: Config): string[] {
  return [...new Set([kafka.results_topic, ...Object.values(result.routes)])];
}

/** Topics that are both written and read: where messages wait that have failed. */
export function retryTopicsOf({ kafka }: Config): string[] {
  return listRetryTopics(namesOnly(kafka.topic), kafka.retry_topics ?? []).map(({ name }) => name);
}

/** All topics that are written to. */
export function outputTopicsOf(config: Config): string[] {
  const { dlq_enabled: hasDeadLetters, dlq_topic: deadLetters } = config.kafka;
  return [...resultsTopicsOf(config), ...retryTopicsOf(config), ...(hasDeadLetters ? [deadLetters] : [])];
}
