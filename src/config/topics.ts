import type { Config } from './schema.ts';

/** All topics that take results: the one for results, and those of the routes. */
export function resultsTopicsOf({ kafka, result }: Config): string[] {
  return [...new Set([kafka.results_topic, ...Object.values(result.routes)])];
}

/** All topics that are written to. */
export function outputTopicsOf(config: Config): string[] {
  const { dlq_enabled: hasDeadLetters, dlq_topic: deadLetters } = config.kafka;
  return [...resultsTopicsOf(config), ...(hasDeadLetters ? [deadLetters] : [])];
}
