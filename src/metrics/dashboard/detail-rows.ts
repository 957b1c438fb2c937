import { canaryPanels } from './canary-panels.ts';
import { ofOurs, OUR, percentiles, perSecond, quantile, type Row } from './panel.ts';

export const latency: Row = {
  title: 'Latency and objectives',
  panels: [
    {
      title: 'Processing, poll to commit',
      kind: 'timeseries',
      unit: 's',
      help: 'The latency that this process adds.',
      queries: percentiles('kafka_message_processing_duration_seconds'),
      limits: [0.1, 0.5],
    },
    {
      title: 'End to end, record timestamp to commit',
      kind: 'timeseries',
      unit: 's',
      help: 'The latency that readers of results see. If it is far above processing, messages wait in Kafka.',
      queries: percentiles('kafka_message_end_to_end_seconds'),
    },
    {
      title: 'Error budgets',
      kind: 'timeseries',
      unit: 'percentunit',
      help: 'Share of failed and of late messages (over a second) in the last hour. Objectives: 0.1 % and 1 %.',
      queries: [
        [`kubesentiment:slo_success:bad_ratio1h{${OUR}}`, 'failed'],
        [`kubesentiment:slo_freshness:bad_ratio1h{${OUR}}`, 'late'],
      ],
    },
  ],
};

export const stages: Row = {
  title: 'Stages',
  panels: [
    {
      title: 'One pass through each stage, p95',
      kind: 'timeseries',
      unit: 's',
      help: 'consume: a poll. batch: waiting for a batch. infer: a batch in the model. publish, commit: a transaction.',
      queries: [[quantile(0.95, 'kafka_stage_duration_seconds', 'le, stage'), '{{stage}}']],
    },
    {
      title: 'Rows per batch',
      kind: 'timeseries',
      unit: 'short',
      help: 'Small batches under load: too many inference threads, or a low model.tokens_per_batch.',
      queries: percentiles('kafka_batch_rows'),
    },
    {
      title: 'Padding',
      kind: 'timeseries',
      unit: 'percentunit',
      help: 'Share of tokens that are only padding.',
      queries: [[`kafka_batch_padding_ratio{${OUR}}`, '{{instance}}']],
      limits: [0.2, 0.4],
    },
    {
      title: 'Messages in flight',
      kind: 'timeseries',
      unit: 'short',
      help: 'Between poll and commit. Polling stops at kafka.buffer_size.',
      queries: [[`kafka_inflight_messages{${OUR}}`, '{{instance}}']],
    },
    {
      title: 'Bytes in flight',
      kind: 'timeseries',
      unit: 'bytes',
      help: 'Polling stops at kafka.buffer_bytes.',
      queries: [[`kafka_inflight_bytes{${OUR}}`, '{{instance}}']],
    },
    {
      title: 'Inference threads',
      kind: 'timeseries',
      unit: 'short',
      help: 'Between model.min_threads and model.max_threads.',
      queries: [[`kafka_inference_threads{${OUR}}`, '{{instance}}']],
    },
  ],
};

export const results: Row = {
  title: 'What the model says',
  panels: [
    {
      title: 'Share of each label',
      kind: 'timeseries',
      unit: 'percentunit',
      help: 'A shift without a reason in the world is a reason to look at the model, or at what is sent to it.',
      queries: [
        [
          `sum by (label) (rate(sentiment_results_total{${OUR}}[5m])) / ` +
            `ignoring (label) group_left () sum (rate(sentiment_results_total{${OUR}}[5m]))`,
          '{{label}}',
        ],
      ],
    },
    {
      title: 'Results by model',
      kind: 'timeseries',
      unit: 'cps',
      help: 'Results of each version of the model, during a rollout of two, and reloads of it as they end.',
      queries: [
        [perSecond('sentiment_results_total', 'model_version'), '{{model_version}}'],
        [perSecond('kubesentiment_model_reloads_total', 'outcome'), 'model {{outcome}}'],
      ],
    },
    {
      title: 'Score, median',
      kind: 'timeseries',
      unit: 'percentunit',
      help: 'How sure the model is, by label.',
      queries: [[quantile(0.5, 'sentiment_score', 'le, label'), '{{label}}']],
    },
    {
      title: 'Tokens of a text',
      kind: 'timeseries',
      unit: 'short',
      help: 'Processor time goes with them.',
      queries: percentiles('sentiment_tokens'),
    },
    {
      title: 'Truncated texts',
      kind: 'timeseries',
      unit: 'cps',
      help: 'Texts that were longer than model.max_length: what follows was not read.',
      queries: [[perSecond('sentiment_truncated_total', 'instance'), '{{instance}}']],
    },
    {
      title: 'Unknown tokens',
      kind: 'timeseries',
      unit: 'percentunit',
      help: 'Share of tokens that are not in the vocabulary: another language, emoji, names.',
      queries: [
        [
          `sum (rate(sentiment_unknown_tokens_total{${OUR}}[5m])) / sum (rate(sentiment_tokens_sum{${OUR}}[5m]))`,
          'unknown',
        ],
      ],
    },
    {
      title: 'Texts that come again',
      kind: 'timeseries',
      unit: 'cps',
      help: 'With model.cache_bytes: those that were answered without the model, and those that were not.',
      queries: [
        [perSecond('sentiment_cache_hits_total', 'instance'), '{{instance}} known'],
        [perSecond('sentiment_cache_misses_total', 'instance'), '{{instance}} not known'],
      ],
    },
    {
      title: 'Answers of the cascade',
      kind: 'timeseries',
      unit: 'cps',
      help: 'Stage 2 are texts that were asked again (model.cascade).',
      queries: [[perSecond('sentiment_cascade_total', 'stage'), 'stage {{stage}}']],
    },
    {
      title: 'Agreement of the shadow',
      kind: 'timeseries',
      unit: 'percentunit',
      help: 'Share of the last 1,000 texts with the same label. GET /api/v1/model/shadow says more.',
      queries: [
        [`min by (shadow_version) (sentiment_shadow_agreement_ratio{${OUR}})`, '{{shadow_version}}'],
        [
          quantile(0.9, 'sentiment_shadow_distance', 'le, shadow_version'),
          'distance, p90 {{shadow_version}}',
        ],
      ],
    },
    {
      title: 'Texts for the shadow',
      kind: 'timeseries',
      unit: 'cps',
      help: 'skipped: there was no processor time left for them. failed: it could not read them, or failed on them.',
      queries: [[perSecond('sentiment_shadow_total', 'outcome'), '{{outcome}}']],
    },
    ...canaryPanels,
    {
      title: 'Drift from the baseline',
      kind: 'timeseries',
      unit: 'short',
      help: 'How far the last results are from those that were recorded: 0 is the same. Alert at 0.02 and 0.1.',
      queries: [[`max by (signal) (sentiment_drift{${OUR}})`, '{{signal}}']],
    },
  ],
};

export const kafka: Row = {
  title: 'Transactions and group',
  panels: [
    {
      title: 'Transactions',
      kind: 'timeseries',
      unit: 'cps',
      help: 'An aborted transaction costs time, not messages: its records are sent with the next one.',
      queries: [[perSecond('kafka_transactions_total', 'outcome'), '{{outcome}}']],
    },
    {
      title: 'Transaction time',
      kind: 'timeseries',
      unit: 's',
      help: 'From begin to commit. Depends on the broker and its replicas.',
      queries: percentiles('kafka_transaction_duration_seconds'),
    },
    {
      title: 'Rebalances',
      kind: 'timeseries',
      unit: 'short',
      help: 'Assignments and revocations in five minutes. If they do not stop, check session and poll timeouts.',
      queries: [
        [`sum by (instance) (increase(kafka_consumer_rebalances_total{${OUR}}[5m]))`, '{{instance}}'],
      ],
    },
    {
      title: 'Partitions',
      kind: 'timeseries',
      unit: 'short',
      help: 'Held by each process. Of more than 1,000, only those furthest behind have series of their own.',
      queries: [[`sum by (instance) (kafka_consumer_partitions{${OUR}})`, '{{instance}}']],
    },
    {
      title: 'Processes: there are, and there should be',
      kind: 'timeseries',
      unit: 'short',
      help: 'What the partitions need for kafka.target_freshness_s, measured by the processes themselves.',
      queries: [
        [`sum(kafka_desired_replicas{${OUR}})`, 'wanted'],
        [`sum(kafka_consumer_state{state="running",${OUR}})`, 'running'],
      ],
    },
    {
      title: 'State',
      kind: 'timeseries',
      unit: 'short',
      help: 'Processes by run state, partitions that an operator has paused, and messages that wait for their schema.',
      queries: [
        [`sum by (instance) (kafka_schema_waiting_messages{${OUR}})`, '{{instance}} waiting for a schema'],
        [`sum by (state) (kafka_consumer_state{${OUR}})`, '{{state}}'],
        [`sum by (instance) (kafka_consumer_paused_partitions{${OUR}})`, '{{instance}} paused partitions'],
      ],
    },
    {
      title: 'What runs',
      kind: 'table',
      unit: 'none',
      width: 16,
      help: 'Versions of the program, the libraries and the model, one row per process.',
      queries: [[`kubesentiment_build_info{${OUR}}`, '']],
    },
  ],
};

export const node: Row = {
  title: 'Process',
  panels: [
    {
      title: 'Memory',
      kind: 'timeseries',
      unit: 'bytes',
      help: 'Resident memory. Most of it is the model, once per thread, and librdkafka.',
      queries: [[`process_resident_memory_bytes ${ofOurs}`, '{{instance}}']],
      limits: [4e9, 6e9],
    },
    {
      title: 'CPU',
      kind: 'timeseries',
      unit: 'short',
      help: 'Cores in use.',
      queries: [[`rate(process_cpu_seconds_total[$__rate_interval]) ${ofOurs}`, '{{instance}}']],
    },
    {
      title: 'Event loop, p99',
      kind: 'timeseries',
      unit: 's',
      help: 'How late the main thread runs. It decodes, packs and publishes.',
      queries: [[`nodejs_eventloop_lag_p99_seconds ${ofOurs}`, '{{instance}}']],
      limits: [0.1, 0.5],
    },
  ],
};
