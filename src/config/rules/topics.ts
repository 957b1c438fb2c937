import { coversTopic, internalTopics, isPattern } from '../../topic-patterns.ts';
import type { Config } from '../schema.ts';
import { resultsTopicsOf } from '../topics.ts';
import type { Rule } from './rule.ts';

const patternsOf = ({ kafka }: Config): string[] => kafka.topic.filter(isPattern);

function isValid(pattern: string): boolean {
  try {
    new RegExp(pattern);
    return true;
  } catch {
    return false;
  }
}

/** The first pattern that matches one of the topics, and the topic. */
function matchOf(config: Config, topics: readonly string[]): { pattern: string; topic: string } | undefined {
  for (const pattern of patternsOf(config).filter(isValid)) {
    const topic = topics.find((name) => coversTopic([pattern], name));
    if (topic !== undefined) return { pattern, topic };
  }
  return undefined;
}

/** Patterns in the place of request topics. One that matches what is written would be a loop without an end. */
export const topicRules: readonly Rule[] = [
  {
    keys: ['kafka.topic'],
    check: (config) => {
      const wrong = patternsOf(config).find((pattern) => !isValid(pattern));
      return wrong !== undefined && `"${wrong}" is not a regular expression`;
    },
  },
  {
    keys: ['kafka.topic', 'kafka.results_topic', 'result.routes'],
    check: (config) => {
      const found = matchOf(config, resultsTopicsOf(config));
      return (
        found !== undefined &&
        `"${found.pattern}" matches ${found.topic}, where results go: they would be read as requests`
      );
    },
  },
  {
    keys: ['kafka.topic', 'kafka.dlq_topic'],
    check: (config) => {
      const found = matchOf(config, [config.kafka.dlq_topic]);
      return (
        found !== undefined &&
        `"${found.pattern}" matches ${found.topic}: dead letters would be read as requests, forever`
      );
    },
  },
  {
    keys: ['kafka.topic'],
    check: (config) => {
      const found = matchOf(config, internalTopics);
      return found !== undefined && `"${found.pattern}" matches ${found.topic}, which is Kafka's own`;
    },
  },
  {
    keys: ['kafka.topic', 'kafka.group_protocol'],
    check: (config) => {
      const [pattern] = patternsOf(config);
      return (
        pattern !== undefined &&
        config.kafka.group_protocol === 'consumer' &&
        `"${pattern}" does not work with group_protocol consumer, where brokers match patterns, by other rules; name ` +
          'the topics, or set group_protocol: classic'
      );
    },
  },
  {
    keys: ['kafka.topic', 'kafka.auto_offset_reset'],
    check: (config) => {
      const [pattern] = patternsOf(config);
      const { auto_offset_reset: policy } = config.kafka;
      return (
        pattern !== undefined &&
        policy !== 'earliest' &&
        `"${pattern}" needs auto_offset_reset: earliest; with ${policy}, what is sent to a new topic before it is ` +
          'noticed would be lost. To begin at the present end, run "kubesentiment offsets reset --to latest" before ' +
          'the first start'
      );
    },
  },
];
