import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type BenchResults,
  formatResults,
  improvement,
  machineInfo,
  resultKeys,
  toJson,
} from '../../../src/bench/results.ts';

const machine = { cpu: 'x', cores: 2, memory_bytes: 1, os: 'linux', node: 'v20.20.2' };
const measured: BenchResults = {
  test_duration_seconds: 300,
  messages_sent: 1_500_000,
  messages_processed: 1_500_000,
  achieved_tps: 5_012.4,
  target_tps: 5_000,
  baseline_tps: 650.2,
  throughput_improvement: 7.709,
  avg_processing_time_ms: 41.256,
  success_rate: 100,
  messages_retried: 12,
  messages_dlq: 0,
  consumer_threads: 8,
  delivery: 'exactly_once',
  model: 'default',
  machine,
};

test('the results block has the layout of the interface', () => {
  const expected = [
    '🎉 Performance Test Results',
    '==================================================',
    '⏱️  Test Duration: 300.00 seconds',
    '📤 Messages Sent: 1,500,000',
    '📥 Messages Processed: 1,500,000',
    '📈 Achieved TPS: 5,012',
    '🎯 Target TPS: 5,000',
    '🚀 Throughput Improvement: 7.71x   (over one message at a time, measured in this run)',
    '⚡ Avg Processing Time: 41.26 ms',
    '✅ Success Rate: 100.00%',
    '🔄 Retries: 12',
    '💀 Dead Letter Queue: 0',
    '🧵 Consumer Threads: 8',
    '',
  ];
  assert.equal(formatResults(measured), expected.join('\n'));
});

test('a run that was held back by its target has no improvement below what one message at a time does', () => {
  const run = (achieved: number, target?: number) => improvement(achieved, 1_000, target);
  assert.equal(run(570, 570), undefined, 'sent no faster than that');
  assert.equal(run(1_500, 1_500), 1.5);
  assert.equal(run(570, 5_000), 0.57, 'it could not do more');
  assert.equal(run(570), 0.57);
  assert.equal(improvement(570, undefined, 570), undefined);
});

test('the mean of a run without a target says what it is the time of', () => {
  const { target_tps: _, ...flatOut } = measured;
  assert.match(
    formatResults(flatOut),
    /Avg Processing Time: 41\.26 ms {3}\(from poll to commit; sent as fast as possible, so mostly waiting\)/,
  );
});

test('what was not measured has no line and is null in the JSON', () => {
  const bare: BenchResults = {
    test_duration_seconds: 12.345,
    messages_sent: 10,
    messages_processed: 9,
    achieved_tps: 0.729,
    consumer_threads: 1,
    delivery: 'exactly_once',
    model: 'default',
    machine,
  };
  const expected = [
    '🎉 Performance Test Results',
    '==================================================',
    '⏱️  Test Duration: 12.35 seconds',
    '📤 Messages Sent: 10',
    '📥 Messages Processed: 9',
    '📈 Achieved TPS: 0.73',
    '🧵 Consumer Threads: 1',
    '',
  ];
  assert.equal(formatResults(bare), expected.join('\n'));
  const json = JSON.parse(toJson(bare)) as Record<string, unknown>;
  assert.deepEqual(Object.keys(json), [...resultKeys]);
  assert.equal(json['baseline_tps'], null);
  assert.equal(json['messages_dlq'], null);
  assert.deepEqual(json['machine'], machine);
});

test('a single lost message of a million shows in the success rate', () => {
  assert.match(formatResults({ ...measured, success_rate: 99.9999 }), /Success Rate: 99\.99%/);
  assert.match(formatResults({ ...measured, success_rate: 99.99 }), /Success Rate: 99\.99%/);
  assert.match(formatResults({ ...measured, success_rate: 29 }), /Success Rate: 29\.00%/);
});

test('machineInfo describes this machine and takes the versions it cannot know', () => {
  const info = machineInfo({ librdkafka: '2.12.0' });
  assert.equal(info.node, process.version);
  assert.equal(info.librdkafka, '2.12.0');
  assert.ok(info.cores >= 1 && info.memory_bytes > 0 && info.cpu.length > 0);
  assert.ok(!('onnxruntime' in info));
});
