/** node-rdkafka keeps the partitions of each transaction for ever, unless it was compiled with our patch (ADR 0016). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import rdkafka from 'node-rdkafka';

const CALLS = 100;
const PARTITIONS = 5_000;
/** A quarter of what they take when they stay: at least 100 bytes each. */
const BYTES_MAX = (CALLS * PARTITIONS * 100) / 4;

test('offsets that were sent to a transaction leave no memory behind', async () => {
  // Neither is connected: each call fails, and what was handed over must be freed nevertheless.
  const producer = new rdkafka.Producer({ 'transactional.id': 'test' });
  const consumer = new rdkafka.KafkaConsumer({ 'group.id': 'test' }, {});
  const offsets = Array.from({ length: PARTITIONS }, (_, partition) => ({
    topic: 'a-topic-with-a-name',
    partition,
    offset: 1,
  }));
  const send = (): Promise<unknown> =>
    new Promise((resolve) => producer.sendOffsetsToTransaction(offsets, consumer, 1_000, resolve));
  for (let i = 0; i < CALLS / 10; i++) await send();
  const before = process.memoryUsage().rss;
  for (let i = 0; i < CALLS; i++) await send();
  const grown = process.memoryUsage().rss - before;
  assert.ok(grown < BYTES_MAX, `${grown} bytes for ${CALLS * PARTITIONS} partitions`);
});
