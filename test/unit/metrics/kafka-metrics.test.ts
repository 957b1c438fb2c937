import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nothingHeldBack } from '../../../src/lag.ts';
import { kafkaMetrics } from '../../../src/metrics/kafka-metrics.ts';
import { runStates } from '../../../src/types.ts';
import { fakeSource } from './fake-source.ts';

/** What clients of KubeSentiment read, with the types that its response model declares. */
const contract = {
  messages_consumed: 'integer',
  messages_processed: 'integer',
  messages_failed: 'integer',
  messages_retried: 'integer',
  messages_sent_to_dlq: 'integer',
  total_processing_time_ms: 'number',
  avg_processing_time_ms: 'number',
  throughput_tps: 'number',
  consumer_group_lag: 'integer',
  running: 'boolean',
  consumer_threads: 'integer',
  pending_batches: 'integer',
  batch_queue_size: 'integer',
  buffered_batches: 'integer',
  pending_messages: 'integer',
} as const;

function typeOf(value: unknown): string {
  if (typeof value !== 'number') return typeof value;
  return Number.isInteger(value) ? 'integer' : 'number';
}

test('every documented key is there with its type, busy or idle', () => {
  const busy = fakeSource({ throughputTps: 1234.5, inflightMessages: 40 });
  busy.counters.processing.record(1.5);
  for (const source of [fakeSource(), busy]) {
    const json = JSON.parse(JSON.stringify(kafkaMetrics(source)));
    for (const [key, type] of Object.entries(contract)) {
      const actual = typeOf(json[key]);
      assert.ok(actual === type || (type === 'number' && actual === 'integer'), `${key} is ${actual}`);
    }
  }
});

test('the figures come from the counters and gauges', () => {
  const source = fakeSource({
    lag: [
      {
        topic: 't',
        partition: 0,
        messages: 10,
        ...nothingHeldBack,
        seconds: 1,
        committedOffset: 5,
        endOffset: 9,
        status: 'ok' as const,
      },
      {
        topic: 't',
        partition: 1,
        messages: 5,
        ...nothingHeldBack,
        seconds: 0,
        committedOffset: 5,
        endOffset: 9,
        status: 'ok' as const,
      },
    ],
    runningBatches: 2,
    queuedBatches: 1,
    unbatchedMessages: 17,
    inflightMessages: 90,
  });
  source.counters.fail('timeout', 2);
  source.counters.fail('internal');
  source.counters.deadLetter('timeout', 2);
  source.counters.processing.record(10, 3);
  source.counters.batchRows.record(16, 2);
  source.counters.batchRows.record(64);
  const metrics = kafkaMetrics(source);
  assert.equal(metrics.messages_failed, 3);
  assert.equal(metrics.messages_sent_to_dlq, 2);
  assert.equal(metrics.failed_by_type['timeout'], 2);
  assert.equal(metrics.failed_by_type['decrypt_failed'], 0);
  assert.equal(metrics.total_processing_time_ms, 30);
  assert.equal(metrics.avg_processing_time_ms, 10);
  assert.equal(metrics.processing_ms.p99, 10);
  assert.equal(metrics.consumer_group_lag, 15);
  assert.deepEqual(
    [metrics.pending_batches, metrics.batch_queue_size, metrics.buffered_batches, metrics.pending_messages],
    [3, 17, 1, 90],
  );
  assert.deepEqual([metrics.batches, metrics.avg_batch_rows], [3, 32]);
});

test('running is true in one state only', () => {
  for (const state of runStates) {
    assert.equal(kafkaMetrics(fakeSource({ state })).running, state === 'running');
  }
});
