import type { PartitionLag } from '../lag.ts';
import { errorTypes, type RunState } from '../types.ts';
import type { Histogram } from './histogram.ts';
import { furthestBehind } from './partitions.ts';
import type { MetricsSource } from './source.ts';

export interface LatencySummary {
  readonly mean: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** What `getMetrics()` and the `kafka-metrics` paths return, under the names that KubeSentiment users know. */
export interface KafkaMetrics {
  readonly messages_consumed: number;
  readonly messages_processed: number;
  readonly messages_failed: number;
  readonly messages_retried: number;
  readonly messages_sent_to_dlq: number;
  /** Messages that wait, or have waited, in a retry topic; each time counts. */
  readonly messages_sent_to_retry: number;
  /** Milliseconds from poll to commit, summed over all messages. */
  readonly total_processing_time_ms: number;
  readonly avg_processing_time_ms: number;
  readonly throughput_tps: number;
  /** How many messages this process is behind in its partitions. */
  readonly consumer_group_lag: number;
  readonly running: boolean;
  readonly consumer_threads: number;
  /** Batches in a worker or ready for one. */
  readonly pending_batches: number;
  /** Decoded messages waiting for a batch. */
  readonly batch_queue_size: number;
  /** Batches ready for the next free worker. */
  readonly buffered_batches: number;
  /** Messages between poll and commit. */
  readonly pending_messages: number;

  readonly state: RunState;
  readonly messages_duplicate: number;
  readonly failed_by_type: Readonly<Record<string, number>>;
  readonly rebalances: number;
  readonly transactions_committed: number;
  readonly transactions_aborted: number;
  readonly inflight_bytes: number;
  readonly inference_threads: number;
  readonly batches: number;
  readonly avg_batch_rows: number;
  readonly padding_ratio: number;
  readonly processing_ms: LatencySummary;
  readonly end_to_end_ms: LatencySummary;
  readonly transaction_ms: LatencySummary;
  /** Of the partitions furthest behind, at most 1,000. */
  readonly lag: readonly PartitionLag[];
}

export function kafkaMetrics(source: MetricsSource): KafkaMetrics {
  const { counters } = source;
  const gauges = source.gauges();
  return {
    messages_consumed: counters.messagesConsumed,
    messages_processed: counters.messagesProcessed,
    messages_failed: counters.messagesFailed,
    messages_retried: counters.messagesRetried,
    messages_sent_to_dlq: counters.deadLetters,
    messages_sent_to_retry: counters.messagesPutOff,
    total_processing_time_ms: counters.processing.sum,
    avg_processing_time_ms: counters.processing.mean,
    throughput_tps: gauges.throughputTps,
    consumer_group_lag: gauges.lag.reduce((sum, lag) => sum + lag.messages, 0),
    running: gauges.state === 'running',
    consumer_threads: gauges.consumerThreads,
    pending_batches: gauges.runningBatches + gauges.queuedBatches,
    batch_queue_size: gauges.unbatchedMessages,
    buffered_batches: gauges.queuedBatches,
    pending_messages: gauges.inflightMessages,

    state: gauges.state,
    messages_duplicate: counters.messagesDuplicate,
    failed_by_type: Object.fromEntries(errorTypes.map((type, i) => [type, counters.failedByType[i] ?? 0])),
    rebalances: counters.rebalances,
    transactions_committed: counters.transactionsCommitted,
    transactions_aborted: counters.transactionsAborted,
    inflight_bytes: gauges.inflightBytes,
    inference_threads: gauges.inferenceThreads,
    batches: counters.batchRows.count,
    avg_batch_rows: counters.batchRows.mean,
    padding_ratio: counters.paddingRatio,
    processing_ms: summaryOf(counters.processing),
    end_to_end_ms: summaryOf(counters.endToEnd),
    transaction_ms: summaryOf(counters.transaction),
    lag: furthestBehind(gauges.lag),
  };
}

function summaryOf(histogram: Histogram): LatencySummary {
  return {
    mean: histogram.mean,
    p50: histogram.percentile(50),
    p95: histogram.percentile(95),
    p99: histogram.percentile(99),
    max: histogram.max,
  };
}
