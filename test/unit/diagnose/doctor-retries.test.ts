import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../../src/config/load.ts';
import { leftBehind, type RetryReader } from '../../../src/diagnose/doctor-retries.ts';

/** Topics of one partition, each with what the group has committed and where it ends. */
function readerOf(found: Readonly<Record<string, readonly [committed: number | undefined, high: number]>>) {
  const of = (topic: string) => found[topic] as readonly [number | undefined, number];
  return {
    metadata: async () => ({
      brokers: [],
      topics: Object.keys(found).map((name) => ({ name, partitions: [] })),
    }),
    partitionsOf: async (topic) => [{ topic, partition: 0 }],
    committed: async ([place]) => [of(place?.topic ?? '')[0]],
    ends: async ([place]) => [{ low: 0, high: of(place?.topic ?? '')[1] }],
  } as RetryReader;
}

const { config } = loadConfig({ overrides: { 'kafka.topic': 'a', 'kafka.retry_topics': '10s' } });

test('messages behind a delay that was taken out of the list are found', async () => {
  const reader = readerOf({ a: [1, 9], 'a-retry-10s': [1, 9], 'a-retry-1m': [3, 8], 'b-retry-1m': [0, 9] });
  const { status, detail } = await leftBehind(reader, config);
  assert.deepEqual(
    [status, detail.includes('a-retry-1m (5 offsets)'), detail.includes('b-')],
    ['warn', true, false],
  );
});

test('topics that the group has read to the end, or never, are not', async () => {
  const reader = readerOf({
    'a-retry-10s': [0, 9],
    'a-retry-1m': [8, 8],
    'a-retry-2m': [undefined, 8],
    'a-retry-x': [0, 8],
  });
  assert.deepEqual(await leftBehind(reader, config), { status: 'ok', detail: 'a-retry-10s' });
});
