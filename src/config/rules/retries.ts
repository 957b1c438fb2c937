import { delayMsOf } from '../../retry-topics.ts';
import { isPattern } from '../../topic-patterns.ts';
import type { Config } from '../schema.ts';
import { resultsTopicsOf, retryTopicsOf } from '../topics.ts';
import type { Rule } from './rule.ts';

const TOPIC_LENGTH_MAX = 249;
/** Kafka keeps records for a week by default. */
const DELAY_MS_MAX = 7 * 86_400_000;

const sharedWith = (config: Config, topics: readonly string[]): string | undefined =>
  retryTopicsOf(config).find((name) => topics.includes(name));

/** Retry topics are named after the request topics, and nobody else may read or write them. */
export const retryRules: readonly Rule[] = [
  {
    keys: ['kafka.retry_topics', 'kafka.topic'],
    check: ({ kafka }) => {
      const pattern = kafka.retry_topics === undefined ? undefined : kafka.topic.find(isPattern);
      return (
        pattern !== undefined &&
        `does not work with the pattern "${pattern}", since a topic that is created later has no retry topics; ` +
          'name the topics'
      );
    },
  },
  {
    keys: ['kafka.retry_topics', 'kafka.topic'],
    check: (config) => {
      const found = sharedWith(config, config.kafka.topic);
      return found !== undefined && `"${found}" is also a request topic`;
    },
  },
  {
    keys: ['kafka.retry_topics', 'kafka.results_topic', 'result.routes'],
    check: (config) => {
      const found = sharedWith(config, resultsTopicsOf(config));
      return found !== undefined && `"${found}" also takes results, which would be read as requests`;
    },
  },
  {
    keys: ['kafka.retry_topics', 'kafka.dlq_topic'],
    check: (config) => {
      const found = sharedWith(config, [config.kafka.dlq_topic]);
      return found !== undefined && `"${found}" is also dlq_topic: dead letters would be read as requests`;
    },
  },
  {
    keys: ['kafka.retry_topics', 'kafka.topic'],
    check: (config) => {
      const long = retryTopicsOf(config).find((name) => name.length > TOPIC_LENGTH_MAX);
      return long !== undefined && `"${long}" is longer than Kafka allows (${TOPIC_LENGTH_MAX} characters)`;
    },
  },
  {
    keys: ['kafka.retry_topics'],
    check: ({ kafka }) => {
      const long = kafka.retry_topics?.find((delay) => delayMsOf(delay) > DELAY_MS_MAX);
      return (
        long !== undefined && `"${long}" is more than a week, after which Kafka deletes records by default`
      );
    },
  },
  {
    keys: ['kafka.retry_topics'],
    check: ({ kafka: { retry_topics: delays = [] } }) => {
      const ms = delays.map(delayMsOf);
      const again = ms.findIndex((each, i) => ms.indexOf(each) < i);
      const first = delays[ms.indexOf(ms[again] ?? 0)];
      return again >= 0 && `"${first}" and "${delays[again]}" are the same delay; name it once`;
    },
  },
  {
    keys: ['kafka.retry_topics', 'kafka.dlq_enabled'],
    isWarning: true,
    check: ({ kafka }) =>
      kafka.retry_topics !== undefined &&
      !kafka.dlq_enabled &&
      'with dlq_enabled: false, a message that fails after its last delay is only counted',
  },
];
