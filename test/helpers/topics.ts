import type { Topics } from './delivery.ts';
import { uniqueName } from './kafka-broker.ts';

/** Names that no other test uses; the topics are not created. */
export function uniqueTopics(): Topics {
  return {
    requests: uniqueName('requests'),
    results: uniqueName('results'),
    deadLetters: uniqueName('dead-letters'),
  };
}

/** The settings that make a service use them. */
export function topicSettings({ requests, results, deadLetters }: Topics) {
  return { 'kafka.topic': requests, 'kafka.results_topic': results, 'kafka.dlq_topic': deadLetters };
}
