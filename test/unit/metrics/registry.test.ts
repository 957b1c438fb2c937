import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nothingHeldBack } from '../../../src/lag.ts';
import { metricDefinitions } from '../../../src/metrics/definitions.ts';
import { metricsMarkdown } from '../../../src/metrics/markdown.ts';
import { Counters } from '../../../src/metrics/counters.ts';
import { kafkaMetrics } from '../../../src/metrics/kafka-metrics.ts';
import { MetricsRegistry } from '../../../src/metrics/registry.ts';
import { errorTypes, runStates, stages } from '../../../src/types.ts';
import { fakeSource } from './fake-source.ts';

/** The public names: dashboards and alerts of users depend on them. */
const publicNames = [
  'kafka_consumer_throughput_tps',
  'kafka_message_processing_duration_seconds',
  'kafka_message_end_to_end_seconds',
  'kafka_messages_consumed_total',
  'kafka_messages_processed_total',
  'kafka_messages_failed_total',
  'sentiment_results_total',
  'sentiment_score',
  'sentiment_tokens',
  'sentiment_truncated_total',
  'sentiment_unknown_tokens_total',
  'sentiment_cache_hits_total',
  'sentiment_cache_misses_total',
  'sentiment_cascade_total',
  'sentiment_shadow_agreement_ratio',
  'sentiment_shadow_distance',
  'sentiment_shadow_total',
  'sentiment_drift',
  'sentiment_canary_share',
  'sentiment_canary_returned',
  'sentiment_canary_agreement_ratio',
  'sentiment_canary_slowdown_ratio',
  'sentiment_canary_total',
  'kafka_messages_retried_total',
  'kafka_messages_sent_to_retry_total',
  'kafka_messages_sent_to_dlq_total',
  'kafka_tombstones_total',
  'kafka_offsets_skipped_total',
  'kafka_messages_duplicate_total',
  'kafka_consumer_partitions',
  'kafka_consumer_lag',
  'kafka_consumer_lag_seconds',
  'kafka_consumer_not_due',
  'kafka_consumer_held_back',
  'kafka_consumer_held_back_seconds',
  'kafka_consumer_committed_offset',
  'kafka_consumer_log_end_offset',
  'kafka_desired_replicas',
  'kafka_consumer_rebalances_total',
  'kafka_transactions_total',
  'kafka_transaction_duration_seconds',
  'kafka_stage_duration_seconds',
  'kafka_batch_rows',
  'kafka_batch_padding_ratio',
  'kafka_inflight_messages',
  'kafka_inflight_bytes',
  'kafka_schema_waiting_messages',
  'kafka_inference_threads',
  'kafka_consumer_state',
  'kafka_consumer_ready',
  'kafka_consumer_paused_partitions',
  'kubesentiment_model_reloads_total',
  'kubesentiment_build_info',
];

const common = 'topic="requests",consumer_group="group"';

test('the registry has exactly the public names, each in the text and on the page', async () => {
  assert.deepEqual(
    metricDefinitions.map(({ name }) => name),
    publicNames,
  );
  const { body } = await new MetricsRegistry(fakeSource()).text(undefined);
  const page = metricsMarkdown();
  for (const { name, kind } of metricDefinitions) {
    assert.ok(body.includes(`# TYPE ${name} ${kind}\n`), name);
    assert.ok(page.includes(`| \`${name}\` | ${kind} |`), name);
  }
});

test('Node and process metrics are there too', async () => {
  const { body } = await new MetricsRegistry(fakeSource()).text(undefined);
  assert.match(body, /^nodejs_eventloop_lag_seconds /m);
  assert.match(body, /^process_resident_memory_bytes /m);
});

test('counters are read at the scrape, as they are then', async () => {
  const source = fakeSource();
  const registry = new MetricsRegistry(source);
  assert.ok((await registry.text(undefined)).body.includes(`kafka_messages_consumed_total{${common}} 0\n`));
  source.counters.messagesConsumed = 12;
  source.counters.messagesRetried = 3;
  source.counters.transactionsAborted = 1;
  const { body } = await registry.text(undefined);
  assert.ok(body.includes(`kafka_messages_consumed_total{${common}} 12\n`));
  assert.ok(body.includes(`kafka_messages_retried_total{${common}} 3\n`));
  assert.ok(body.includes(`kafka_transactions_total{${common},outcome="aborted"} 1\n`));
  assert.ok(body.includes(`kafka_transactions_total{${common},outcome="committed"} 0\n`));
});

test('every error type is always present, and no other', async () => {
  const source = fakeSource();
  source.counters.fail('timeout', 5);
  source.counters.deadLetter('invalid_json');
  const { body } = await new MetricsRegistry(source).text(undefined);
  for (const name of ['kafka_messages_failed_total', 'kafka_messages_sent_to_dlq_total']) {
    const found = [...body.matchAll(new RegExp(`^${name}\\{.*error_type="(\\w+)"\\} (\\d+)$`, 'gm'))];
    assert.deepEqual(
      found.map((match) => match[1]),
      [...errorTypes],
    );
  }
  assert.ok(body.includes(`kafka_messages_failed_total{${common},error_type="timeout"} 5\n`));
  assert.ok(body.includes(`kafka_messages_sent_to_dlq_total{${common},error_type="invalid_json"} 1\n`));
});

test('exactly one state is 1', async () => {
  for (const state of runStates) {
    const { body } = await new MetricsRegistry(fakeSource({ state })).text(undefined);
    const set = [...body.matchAll(/^kafka_consumer_state\{.*state="(\w+)"\} 1$/gm)].map((match) => match[1]);
    assert.deepEqual(set, [state]);
  }
});

test('lag carries the topic and partition that it is about', async () => {
  const lag = [
    {
      topic: 'a',
      partition: 0,
      messages: 7,
      ...nothingHeldBack,
      seconds: 0.5,
      committedOffset: 93,
      endOffset: 100,
      status: 'ok' as const,
    },
    {
      topic: 'b',
      partition: 3,
      messages: 0,
      ...nothingHeldBack,
      seconds: 0,
      committedOffset: null,
      endOffset: null,
      status: 'ok' as const,
    },
  ];
  const { body } = await new MetricsRegistry(fakeSource({ lag })).text(undefined);
  assert.ok(body.includes('kafka_consumer_lag{topic="a",consumer_group="group",partition="0"} 7\n'));
  assert.ok(body.includes('kafka_consumer_lag{topic="b",consumer_group="group",partition="3"} 0\n'));
  assert.ok(
    body.includes('kafka_consumer_committed_offset{topic="a",consumer_group="group",partition="0"} 93\n'),
  );
  assert.ok(!body.includes('kafka_consumer_committed_offset{topic="b"'), 'not known yet');
  assert.ok(
    body.includes('kafka_consumer_lag_seconds{topic="a",consumer_group="group",partition="0"} 0.5\n'),
  );
});

test('milliseconds become seconds in histograms, rows stay rows', async () => {
  const source = fakeSource();
  source.counters.processing.record(5, 3);
  source.counters.processing.record(200_000);
  source.counters.batchRows.record(32);
  source.counters.stage.infer.record(20);
  const { body } = await new MetricsRegistry(source).text(undefined);
  const processing = 'kafka_message_processing_duration_seconds';
  assert.ok(body.includes(`${processing}_bucket{le="0.0025",${common}} 0\n`));
  assert.ok(body.includes(`${processing}_bucket{le="0.005",${common}} 3\n`));
  assert.ok(body.includes(`${processing}_bucket{le="60",${common}} 3\n`));
  assert.ok(body.includes(`${processing}_bucket{le="+Inf",${common}} 4\n`));
  assert.ok(body.includes(`${processing}_sum{${common}} 200.015\n`));
  assert.ok(body.includes(`${processing}_count{${common}} 4\n`));
  assert.ok(body.includes(`kafka_batch_rows_bucket{le="16",${common}} 0\n`));
  assert.ok(body.includes(`kafka_batch_rows_bucket{le="32",${common}} 1\n`));
  assert.ok(body.includes(`kafka_stage_duration_seconds_sum{${common},stage="infer"} 0.02\n`));
  for (const stage of stages)
    assert.ok(body.includes(`kafka_stage_duration_seconds_count{${common},stage="${stage}"}`));
});

test('the padding ratio is the share of computed tokens that were padding', async () => {
  const source = fakeSource();
  source.counters.realTokens = 750;
  source.counters.paddedTokens = 1000;
  const { body } = await new MetricsRegistry(source).text(undefined);
  assert.ok(body.includes(`kafka_batch_padding_ratio{${common}} 0.25\n`));
});

test('label values are escaped', async () => {
  const source = { ...fakeSource(), labels: { topic: 'a"b\\c\nd', consumerGroup: 'g' } };
  const { body } = await new MetricsRegistry(source).text(undefined);
  assert.ok(body.includes('kafka_messages_consumed_total{topic="a\\"b\\\\c\\nd",consumer_group="g"} 0\n'));
});

test('build information is a 1 with labels', async () => {
  const { body } = await new MetricsRegistry(fakeSource()).text(undefined);
  assert.match(body, /^kubesentiment_build_info\{.*version="1\.2\.3",.*delivery="exactly_once"\} 1$/m);
});

test('what the model says: results, scores and tokens by label, with the version that said it', async () => {
  const counters = new Counters();
  const results = counters.results.of('0123456789ab', ['NEGATIVE', 'POSITIVE', 'UNCERTAIN']);
  results.add(1, 0.987, 20, 2, false);
  results.add(1, 0.913, 128, 1, true);
  results.add(2, 0.55, 8, 0, false);
  const { body } = await new MetricsRegistry({ ...fakeSource(), counters }).text(undefined);
  const value = (series: string): number | undefined => {
    const line = new RegExp(`^${series} (.*)$`, 'm').exec(body);
    return line === null ? undefined : Number(line[1]);
  };
  const of = (label: string): string => `\\{.*label="${label}",model_version="0123456789ab"\\}`;
  assert.deepEqual(
    ['NEGATIVE', 'POSITIVE', 'UNCERTAIN'].map((label) => value(`sentiment_results_total${of(label)}`)),
    [0, 2, 1],
  );
  const below = (le: string): number | undefined =>
    value(`sentiment_score_bucket\\{.*le="${le}".*label="POSITIVE".*\\}`) ??
    value(`sentiment_score_bucket\\{.*label="POSITIVE".*le="${le}".*\\}`);
  assert.deepEqual(['0.9', '0.95', '0.99'].map(below), [0, 1, 2]);
  assert.equal(value('sentiment_tokens_sum\\{.*\\}'), 156);
  assert.equal(value('sentiment_truncated_total\\{.*\\}'), 1);
});

test('a hundred thousand partitions make an answer of bounded size, with those furthest behind', async () => {
  const counters = new Counters();
  const lag = Array.from({ length: 100_000 }, (_, partition) => {
    counters.skip({ topic: 'requests', partition }, 'trimmed', 1);
    const [committedOffset, seconds] = [0, 1];
    const messages = partition === 77_777 ? 2 : 1;
    const offsets = { committedOffset, endOffset: messages, messages, seconds, status: 'ok' as const };
    return { topic: 'requests', partition, ...offsets, ...nothingHeldBack };
  });
  const source = { ...fakeSource({ lag }), counters };
  const { body } = await new MetricsRegistry(source).text(undefined);
  const series = (name: string): number => body.split(`\n${name}{`).length - 1;
  assert.deepEqual(['kafka_consumer_lag', 'kafka_consumer_lag_seconds'].map(series), [1_000, 1_000]);
  assert.match(body, /^kafka_consumer_lag\{.*partition="77777"\} 2$/m);
  assert.match(body, /^kafka_consumer_partitions\{.*\} 100000$/m);
  assert.equal(series('kafka_offsets_skipped_total'), 1_001);
  assert.match(body, /^kafka_offsets_skipped_total\{topic="others",.*reason="trimmed"\} 99000$/m);
  const json = kafkaMetrics(source);
  assert.deepEqual([json.consumer_group_lag, json.lag.length], [100_001, 1_000]);
});
