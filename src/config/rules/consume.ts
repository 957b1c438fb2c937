import { formatBytes } from '../schema/field.ts';
import type { Rule } from './rule.ts';

/** What the group protocol and the in-flight budget require of each other. */
export const consumeRules: readonly Rule[] = [
  {
    keys: ['kafka.enable_auto_commit', 'kafka.delivery'],
    check: ({ kafka }) =>
      kafka.enable_auto_commit &&
      kafka.delivery === 'exactly_once' &&
      'with delivery exactly_once, the transaction commits the offsets; set false, or delivery: at_least_once',
  },
  {
    keys: ['kafka.heartbeat_interval_ms', 'kafka.session_timeout_ms'],
    check: ({ kafka }) =>
      kafka.heartbeat_interval_ms * 3 > kafka.session_timeout_ms &&
      `${kafka.heartbeat_interval_ms} is more than a third of session_timeout_ms (${kafka.session_timeout_ms}), ` +
        'which leaves no room for a late heartbeat',
  },
  {
    keys: ['kafka.max_poll_interval_ms', 'kafka.session_timeout_ms'],
    check: ({ kafka }) =>
      kafka.max_poll_interval_ms < kafka.session_timeout_ms &&
      `${kafka.max_poll_interval_ms} is less than session_timeout_ms (${kafka.session_timeout_ms})`,
  },
  {
    keys: ['kafka.drain_timeout_ms', 'kafka.max_poll_interval_ms'],
    check: ({ kafka }) =>
      kafka.drain_timeout_ms >= kafka.max_poll_interval_ms &&
      `${kafka.drain_timeout_ms} is not below max_poll_interval_ms (${kafka.max_poll_interval_ms}); the group would ` +
        'not wait that long for this process to give up a partition',
  },
  {
    keys: ['kafka.latency_target_ms', 'kafka.drain_timeout_ms'],
    isWarning: true,
    check: ({ kafka }) =>
      kafka.drain_timeout_ms > 0 &&
      kafka.latency_target_ms * 2 > kafka.drain_timeout_ms &&
      `with ${kafka.latency_target_ms}, results may still wait for their transaction when a partition has to be ` +
        `given back after drain_timeout_ms (${kafka.drain_timeout_ms}), and their requests are processed again`,
  },
  {
    keys: ['kafka.buffer_size', 'kafka.batch_size'],
    check: ({ kafka }) =>
      kafka.buffer_size < kafka.batch_size &&
      `${kafka.buffer_size} messages can never fill a batch of batch_size (${kafka.batch_size})`,
  },
  {
    keys: ['kafka.max_message_bytes', 'kafka.buffer_bytes'],
    check: ({ kafka }) =>
      kafka.max_message_bytes > kafka.buffer_bytes &&
      `a message of ${formatBytes(kafka.max_message_bytes)} would not fit into buffer_bytes ` +
        `(${formatBytes(kafka.buffer_bytes)})`,
  },
  {
    keys: ['kafka.bootstrap_servers'],
    check: ({ kafka }) =>
      kafka.bootstrap_servers.length > 1 &&
      kafka.bootstrap_servers.includes('embedded') &&
      '"embedded" must be the only entry: it is a separate broker',
  },
  {
    keys: ['model.tokens_per_batch', 'model.max_length'],
    check: ({ model }) =>
      model.max_length !== undefined &&
      model.tokens_per_batch < model.max_length &&
      `${model.tokens_per_batch} tokens cannot hold even one text of max_length (${model.max_length})`,
  },
  {
    keys: ['model.window_overlap', 'model.max_length'],
    check: ({ model }) =>
      model.long_text === 'windows' &&
      model.max_length !== undefined &&
      model.window_overlap >= model.max_length &&
      `${model.window_overlap} leaves no room for anything new in a window of max_length (${model.max_length}); ` +
        'it must be less than max_length without the special tokens',
  },
  {
    keys: ['model.cascade', 'model.path'],
    check: ({ model }) =>
      model.cascade !== undefined &&
      model.cascade.path === model.path &&
      `${model.path} is also model.path: a model that is asked again says the same again`,
  },
  {
    keys: ['model.shadow', 'model.path'],
    check: ({ model }) =>
      model.shadow !== undefined &&
      model.shadow.path === model.path &&
      `${model.path} is also model.path: a model agrees with itself`,
  },
  {
    keys: ['model.canary', 'model.path'],
    check: ({ model }) =>
      model.canary !== undefined &&
      model.canary.path === model.path &&
      `${model.path} is also model.path: there is nothing to try`,
  },
  {
    keys: ['model.canary', 'model.cascade', 'model.shadow'],
    check: ({ model }) =>
      model.canary !== undefined &&
      (model.cascade !== undefined || model.shadow !== undefined) &&
      `does not go together with ${model.cascade === undefined ? 'shadow' : 'cascade'}: which of the models has ` +
        'caused what is seen could not be told; try one after the other',
  },
  {
    keys: ['model.min_threads', 'model.max_threads'],
    check: ({ model }, where) =>
      model.min_threads > model.max_threads &&
      `${model.min_threads} is more than max_threads (${model.max_threads}` +
        `${where('model.max_threads') === 'default' ? ', the CPU quota' : ''})`,
  },
  {
    keys: ['model.path'],
    check: ({ model }, where) =>
      model.path === null &&
      where('model.path') !== 'command line' &&
      'is null, which classifies nothing and is for measurements on the command line; name a model directory',
  },
];
