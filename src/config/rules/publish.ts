import { transactionTimeoutMs } from '../librdkafka.ts';
import type { Config } from '../schema.ts';
import type { Rule } from './rule.ts';

/** The first label whose results go to one of these topics. */
const labelRoutedTo = ({ result }: Config, topics: readonly string[]): string | undefined =>
  Object.entries(result.routes).find(([, topic]) => topics.includes(topic))?.[0];

/** What would break the promise of delivery. */
export const publishRules: readonly Rule[] = [
  {
    keys: ['kafka.results_topic', 'kafka.topic'],
    check: ({ kafka }) =>
      kafka.topic.includes(kafka.results_topic) &&
      'is also a request topic: results would be read as requests',
  },
  {
    keys: ['kafka.dlq_topic', 'kafka.topic'],
    check: ({ kafka }) =>
      kafka.topic.includes(kafka.dlq_topic) &&
      'is also a request topic: dead letters would be read as requests, forever',
  },
  {
    keys: ['kafka.dlq_topic', 'kafka.results_topic'],
    check: ({ kafka }) =>
      kafka.dlq_topic === kafka.results_topic &&
      'is also the results topic: readers of results would receive dead letters',
  },
  {
    keys: ['result.routes', 'kafka.topic'],
    check: (config) => {
      const label = labelRoutedTo(config, config.kafka.topic);
      return label !== undefined && `"${label}" goes to a request topic: results would be read as requests`;
    },
  },
  {
    keys: ['result.routes', 'kafka.dlq_topic'],
    check: (config) => {
      const label = labelRoutedTo(config, [config.kafka.dlq_topic]);
      return (
        label !== undefined &&
        `"${label}" goes to the dead-letter topic: readers of dead letters would receive results`
      );
    },
  },
  {
    keys: ['kafka.producer_acks', 'kafka.delivery'],
    check: ({ kafka }) =>
      kafka.producer_acks !== 'all' &&
      kafka.delivery === 'exactly_once' &&
      `"${kafka.producer_acks}" does not work with delivery exactly_once, which requires all`,
  },
  {
    keys: ['kafka.producer_acks', 'kafka.delivery'],
    isWarning: true,
    check: ({ kafka }) =>
      kafka.producer_acks !== 'all' &&
      kafka.delivery === 'at_least_once' &&
      `with "${kafka.producer_acks}", a failing broker can lose results whose requests are already committed`,
  },
  {
    keys: ['kafka.producer_retries', 'kafka.delivery'],
    check: ({ kafka }) =>
      kafka.producer_retries === 0 &&
      kafka.delivery === 'exactly_once' &&
      '0 does not work with delivery exactly_once, whose idempotent producer must be allowed to retry',
  },
  {
    keys: ['kafka.transactional_id', 'kafka.delivery'],
    check: ({ kafka }) =>
      kafka.transactional_id !== undefined &&
      kafka.delivery === 'at_least_once' &&
      'has no effect with delivery at_least_once; delete it, or set delivery: exactly_once',
  },
  {
    keys: ['kafka.transaction_interval_ms', 'kafka.session_timeout_ms'],
    check: ({ kafka }) =>
      kafka.transaction_interval_ms * 2 > transactionTimeoutMs(kafka) &&
      `${kafka.transaction_interval_ms} leaves no time to commit before the transaction times out after ` +
        `${transactionTimeoutMs(kafka)} ms (half of session_timeout_ms, at most 15 s)`,
  },
  {
    keys: ['kafka.producer_linger_ms', 'kafka.session_timeout_ms'],
    check: ({ kafka }) =>
      kafka.producer_linger_ms * 2 > transactionTimeoutMs(kafka) &&
      `${kafka.producer_linger_ms} is more than half of the transaction timeout of ${transactionTimeoutMs(kafka)} ms ` +
        '(half of session_timeout_ms, at most 15 s)',
  },
];
