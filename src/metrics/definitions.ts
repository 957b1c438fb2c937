import { errorTypes, runStates, stages } from '../types.ts';
import { limitSkipped } from './partitions.ts';
import { canaryMetrics } from './canary-definitions.ts';
import { resultMetrics } from './result-definitions.ts';
import { counter, gauge, type Labels, type MetricDefinition, type Scrape, times } from './definition.ts';

const durationSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const stageSeconds = [0.0001, 0.00025, 0.0005, ...durationSeconds.slice(0, -2)];
const freshnessSeconds = [...durationSeconds, 120, 300, 600];
const rows = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000];

/** All our metrics. Their names are public; a new metric needs nothing but a row here. */
export const metricDefinitions: readonly MetricDefinition[] = [
  gauge(
    'kafka_consumer_throughput_tps',
    'Results committed per second over the last five seconds.',
    (scrape) => scrape.gauges.throughputTps,
  ),
  times(
    'kafka_message_processing_duration_seconds',
    'Time from poll to commit of each message.',
    durationSeconds,
    (scrape) => scrape.counters.processing,
  ),
  times(
    'kafka_message_end_to_end_seconds',
    'Time from the timestamp of each record to its commit.',
    freshnessSeconds,
    (scrape) => scrape.counters.endToEnd,
  ),
  counter(
    'kafka_messages_consumed_total',
    'Messages read from Kafka.',
    (scrape) => scrape.counters.messagesConsumed,
  ),
  counter(
    'kafka_messages_processed_total',
    'Messages whose result has been committed.',
    (scrape) => scrape.counters.messagesProcessed,
  ),
  {
    kind: 'counter',
    name: 'kafka_messages_failed_total',
    help: 'Messages that could not be processed, by reason.',
    labels: ['error_type'],
    read: (scrape) => byErrorType(scrape.counters.failedByType),
  },
  ...resultMetrics,
  ...canaryMetrics,
  counter(
    'kafka_messages_retried_total',
    'Retries after a failure, counted per message and attempt.',
    (scrape) => scrape.counters.messagesRetried,
  ),
  {
    kind: 'counter',
    name: 'kafka_messages_sent_to_retry_total',
    help: 'Messages that failed and wait in a retry topic for another try, by its delay.',
    labels: ['delay'],
    read: ({ counters }) =>
      [...counters.putOffByDelay].map(([delay, count]): [Labels, number] => [{ delay }, count]),
  },
  {
    kind: 'counter',
    name: 'kafka_messages_sent_to_dlq_total',
    help: 'Dead letters committed, by reason.',
    labels: ['error_type'],
    read: (scrape) => byErrorType(scrape.counters.deadLettersByType),
  },
  counter(
    'kafka_tombstones_total',
    'Records without a value, which are passed over.',
    (scrape) => scrape.counters.tombstones,
  ),
  {
    kind: 'counter',
    name: 'kafka_offsets_skipped_total',
    help: 'Offsets passed over without a result, because their records no longer exist.',
    labels: ['topic', 'partition', 'reason'],
    read: ({ counters }) =>
      limitSkipped(counters.skipped.values()).map(
        ({ topic, partition, reason, offsets }): [Labels, number] => [
          { topic, partition: String(partition), reason },
          offsets,
        ],
      ),
  },
  counter(
    'kafka_messages_duplicate_total',
    'Messages skipped because they had been seen before.',
    (scrape) => scrape.counters.messagesDuplicate,
  ),
  gauge(
    'kafka_consumer_partitions',
    'Partitions that this process holds; of more than 1,000, only those furthest behind have series.',
    (scrape) => scrape.gauges.lag.length,
  ),
  {
    kind: 'gauge',
    name: 'kafka_consumer_lag',
    help: 'Messages between the committed offset and the end of the partition.',
    labels: ['partition'],
    read: (scrape) => byPartition(scrape, 'messages'),
  },
  {
    kind: 'gauge',
    name: 'kafka_consumer_lag_seconds',
    help: 'Age of the oldest uncommitted message of the partition.',
    labels: ['partition'],
    read: (scrape) => byPartition(scrape, 'seconds'),
  },
  {
    kind: 'gauge',
    name: 'kafka_consumer_not_due',
    help: 'Messages in a partition of a retry topic that are not due yet; they do not count as lag.',
    labels: ['partition'],
    read: (scrape) => byPartition(scrape, 'notDue'),
  },
  {
    kind: 'gauge',
    name: 'kafka_consumer_held_back',
    help: 'Records behind an open transaction of another producer: they cannot be read before it ends.',
    labels: ['partition'],
    read: (scrape) => byPartition(scrape, 'heldBack'),
  },
  {
    kind: 'gauge',
    name: 'kafka_consumer_held_back_seconds',
    help: 'How long the first of them has been there; 0 if there is none.',
    labels: ['partition'],
    read: (scrape) => byPartition(scrape, 'heldBackSeconds'),
  },
  {
    kind: 'gauge',
    name: 'kafka_consumer_committed_offset',
    help: "The group's offset, as far as this process knows: next offset to read after the last commit.",
    labels: ['partition'],
    read: (scrape) => byPartition(scrape, 'committedOffset'),
  },
  {
    kind: 'gauge',
    name: 'kafka_consumer_log_end_offset',
    help: 'Offset after the last visible record of the partition; missing while unknown.',
    labels: ['partition'],
    read: (scrape) => byPartition(scrape, 'endOffset'),
  },
  gauge(
    'kafka_desired_replicas',
    'How many processes like this one its partitions need, for kafka.target_freshness_s. The sum over the group, ' +
      'rounded up, is how many there should be.',
    (scrape) => scrape.gauges.desiredReplicas,
  ),
  counter(
    'kafka_consumer_rebalances_total',
    'Assignments and revocations of partitions.',
    (scrape) => scrape.counters.rebalances,
  ),
  {
    kind: 'counter',
    name: 'kafka_transactions_total',
    help: 'Finished transactions, by outcome.',
    labels: ['outcome'],
    read: ({ counters }) => [
      [{ outcome: 'committed' }, counters.transactionsCommitted],
      [{ outcome: 'aborted' }, counters.transactionsAborted],
    ],
  },
  times(
    'kafka_transaction_duration_seconds',
    'Duration of a transaction.',
    durationSeconds,
    (scrape) => scrape.counters.transaction,
  ),
  {
    kind: 'histogram',
    name: 'kafka_stage_duration_seconds',
    help: 'Duration of one pass through a stage: a poll, a decode call, a batch, a commit.',
    labels: ['stage'],
    bounds: stageSeconds,
    divisor: 1000,
    read: ({ counters }) => stages.map((stage) => [{ stage }, counters.stage[stage]]),
  },
  {
    kind: 'histogram',
    name: 'kafka_batch_rows',
    help: 'Messages per inference batch.',
    labels: [],
    bounds: rows,
    divisor: 1,
    read: ({ counters }) => [[{}, counters.batchRows]],
  },
  gauge(
    'kafka_batch_padding_ratio',
    'Share of padding in the tokens given to the model since the start.',
    (scrape) => scrape.counters.paddingRatio,
  ),
  gauge(
    'kafka_inflight_messages',
    'Messages between poll and commit.',
    (scrape) => scrape.gauges.inflightMessages,
  ),
  gauge(
    'kafka_inflight_bytes',
    'Bytes of message values between poll and commit.',
    (scrape) => scrape.gauges.inflightBytes,
  ),
  gauge(
    'kafka_schema_waiting_messages',
    'Messages read whose schema the Schema Registry has not given yet; their partitions commit nothing beyond them.',
    (scrape) => scrape.gauges.schemaWaitingMessages,
  ),
  gauge(
    'kafka_inference_threads',
    'Worker threads with a model session.',
    (scrape) => scrape.gauges.inferenceThreads,
  ),
  {
    kind: 'gauge',
    name: 'kafka_consumer_state',
    help: '1 for the current state of the consumer, 0 for the others.',
    labels: ['state'],
    read: ({ gauges }) => runStates.map((state) => [{ state }, state === gauges.state ? 1 : 0]),
  },
  gauge(
    'kafka_consumer_ready',
    '1 if the process is running, has its partitions and can commit, as in /readyz; else 0.',
    (scrape) => (scrape.gauges.ready ? 1 : 0),
  ),
  gauge(
    'kafka_consumer_paused_partitions',
    'Partitions of this process that an operator has paused.',
    (scrape) => scrape.gauges.pausedPartitions,
  ),
  {
    kind: 'counter',
    name: 'kubesentiment_model_reloads_total',
    help: 'Changed models that were taken up while running, or refused.',
    labels: ['outcome'],
    read: ({ counters }) => [
      [{ outcome: 'reloaded' }, counters.modelsReloaded],
      [{ outcome: 'refused' }, counters.modelsRefused],
    ],
  },
  {
    kind: 'gauge',
    name: 'kubesentiment_build_info',
    help: 'Always 1; the labels say what is running.',
    labels: [
      'version',
      'node_version',
      'librdkafka_version',
      'onnxruntime_version',
      'model',
      'model_version',
      'delivery',
    ],
    read: ({ build }) => [[buildLabels(build), 1]],
  },
];

function byErrorType(counts: Float64Array): [Labels, number][] {
  return errorTypes.map((type, index) => [{ error_type: type }, counts[index] as number]);
}

function byPartition(
  { lag }: Scrape,
  what: 'messages' | 'notDue' | 'heldBack' | 'heldBackSeconds' | 'seconds' | 'committedOffset' | 'endOffset',
): [Labels, number][] {
  return lag.flatMap((each): [Labels, number][] => {
    const value = each[what];
    return value == null ? [] : [[{ topic: each.topic, partition: String(each.partition) }, value]];
  });
}

function buildLabels(build: Scrape['build']): Labels {
  return {
    version: build.version,
    node_version: build.nodeVersion,
    librdkafka_version: build.librdkafkaVersion,
    onnxruntime_version: build.onnxruntimeVersion,
    model: build.model,
    model_version: build.modelVersion,
    delivery: build.delivery,
  };
}
