import assert from 'node:assert/strict';
import { test } from 'node:test';
import { consumerCount } from '../../../src/config/consumer-count.ts';
import { loadConfig } from '../../../src/config/load.ts';

test('as many consumers as were asked for, and at most one for each CPU', () => {
  const count = (wanted: number, cpus: number): number =>
    consumerCount(loadConfig({ overrides: { 'kafka.consumer_threads': wanted } }).config.kafka, cpus);
  assert.deepEqual([count(8, 2), count(8, 8), count(8, 64), count(1, 4)], [2, 8, 8, 1]);
});
