import { OUR, perSecond, quantile, type Row } from './panel.ts';

const failed = `sum(rate(kafka_messages_failed_total{${OUR}}[$__rate_interval]))`;
const processed = `sum(rate(kafka_messages_processed_total{${OUR}}[$__rate_interval]))`;

export const overview: Row = {
  title: 'Overview',
  panels: [
    {
      title: 'Running',
      kind: 'stat',
      unit: 'none',
      width: 3,
      help: 'Running processes of the group. If there are none, nothing is classified.',
      queries: [[`sum(kafka_consumer_state{state="running",${OUR}}) or vector(0)`, 'running']],
      limits: [1, 1],
      isFalling: true,
    },
    {
      title: 'Ready',
      kind: 'stat',
      unit: 'percentunit',
      width: 3,
      help: 'Share of processes that are ready: they have partitions and can commit.',
      queries: [[`avg(kafka_consumer_ready{${OUR}})`, 'ready']],
      limits: [1, 0.5],
      isFalling: true,
    },
    {
      title: 'Throughput',
      kind: 'stat',
      unit: 'cps',
      width: 4,
      help: 'Results committed per second, over the last five seconds.',
      queries: [[`sum(kafka_consumer_throughput_tps{${OUR}})`, 'messages']],
    },
    {
      title: 'Lag',
      kind: 'stat',
      unit: 'short',
      width: 3,
      help: 'Waiting messages in all partitions.',
      queries: [[`sum(kafka_consumer_lag{${OUR}})`, 'messages']],
      limits: [100, 1000],
    },
    {
      title: 'Oldest waiting message',
      kind: 'stat',
      unit: 's',
      width: 4,
      help: 'Age of the oldest uncommitted message.',
      queries: [[`max(kafka_consumer_lag_seconds{${OUR}})`, 'age']],
      limits: [10, 60],
    },
    {
      title: 'Failing',
      kind: 'stat',
      unit: 'percentunit',
      width: 3,
      help: 'Share of messages that cannot be processed.',
      queries: [[`${failed} / (${failed} + ${processed} > 0)`, 'failing']],
      limits: [0.01, 0.05],
    },
    {
      title: 'Processing, p95',
      kind: 'stat',
      unit: 's',
      width: 4,
      help: 'From poll to commit, 95 % of the messages.',
      queries: [[quantile(0.95, 'kafka_message_processing_duration_seconds'), 'p95']],
      limits: [0.1, 0.5],
    },
  ],
};

export const flow: Row = {
  title: 'Messages',
  panels: [
    {
      title: 'In, out, failed',
      kind: 'timeseries',
      unit: 'cps',
      help: 'Written is what producers add. While it is above consumed, the lag grows.',
      queries: [
        [`sum(rate(kafka_consumer_log_end_offset{${OUR}}[$__rate_interval]))`, 'written'],
        [`sum(rate(kafka_messages_consumed_total{${OUR}}[$__rate_interval]))`, 'consumed'],
        [processed, 'processed'],
        [failed, 'failed'],
      ],
    },
    {
      title: 'Throughput by process',
      kind: 'timeseries',
      unit: 'cps',
      help: 'Processes with the same number of partitions should have about the same throughput.',
      queries: [[`kafka_consumer_throughput_tps{${OUR}}`, '{{instance}}']],
    },
    {
      title: 'Committed by partition',
      kind: 'timeseries',
      unit: 'cps',
      help: 'How fast the offset of each partition moves. If it is zero with lag, the partition is stalled.',
      queries: [
        [
          `sum by (topic, partition) (rate(kafka_consumer_committed_offset{${OUR}}[$__rate_interval]))`,
          '{{topic}}/{{partition}}',
        ],
      ],
    },
    {
      title: 'Lag by partition',
      kind: 'timeseries',
      unit: 'short',
      help: 'If one partition is far above the others, a key has too much traffic or a process is slow.',
      queries: [
        [`sum by (topic, partition) (kafka_consumer_lag{${OUR}})`, '{{topic}}/{{partition}}'],
        [`sum by (topic) (kafka_consumer_not_due{${OUR}})`, '{{topic}}, not due yet'],
      ],
      limits: [100, 1000],
    },
    {
      title: 'Age of the oldest message by partition',
      kind: 'timeseries',
      unit: 's',
      help: 'Grows by a second per second where a partition is stalled.',
      queries: [
        [`max by (topic, partition) (kafka_consumer_lag_seconds{${OUR}})`, '{{topic}}/{{partition}}'],
      ],
      limits: [10, 60],
    },
    {
      title: 'Held back by open transactions',
      kind: 'timeseries',
      unit: 'short',
      help: 'Records behind an open transaction of another producer. The log, "lag" and /health/details name it.',
      queries: [
        [`sum by (topic, partition) (kafka_consumer_held_back{${OUR}})`, '{{topic}}/{{partition}}'],
        [
          `max by (topic, partition) (kafka_consumer_held_back_seconds{${OUR}})`,
          '{{topic}}/{{partition}}, seconds',
        ],
      ],
    },
    {
      title: 'Failures by reason',
      kind: 'timeseries',
      unit: 'cps',
      help: 'invalid_json and invalid_message come from the producer, inference_failed and timeout from the model.',
      queries: [[perSecond('kafka_messages_failed_total', 'error_type'), '{{error_type}}']],
    },
    {
      title: 'Dead letters, retries, doubles',
      kind: 'timeseries',
      unit: 'cps',
      help: 'Look at the dead letters with "kubesentiment dlq stats".',
      queries: [
        [`sum(rate(kafka_messages_sent_to_dlq_total{${OUR}}[$__rate_interval]))`, 'dead letters'],
        [
          `sum by (delay) (rate(kafka_messages_sent_to_retry_total{${OUR}}[$__rate_interval]))`,
          'wait {{delay}}',
        ],
        [`sum(rate(kafka_messages_retried_total{${OUR}}[$__rate_interval]))`, 'retries'],
        [`sum(rate(kafka_messages_duplicate_total{${OUR}}[$__rate_interval]))`, 'duplicates'],
        [`sum(rate(kafka_tombstones_total{${OUR}}[$__rate_interval]))`, 'tombstones'],
        [`sum(rate(kafka_offsets_skipped_total{${OUR}}[$__rate_interval]))`, 'deleted before they were read'],
      ],
    },
  ],
};
