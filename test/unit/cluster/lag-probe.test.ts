import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { LagProbe, type LagReader, type OpenTransactions } from '../../../src/cluster/lag-probe.ts';
import { loadConfig } from '../../../src/config/load.ts';
import type { ClusterMetadata } from '../../../src/kafka/connect.ts';
import type { PartitionEnds } from '../../../src/kafka/group-reader.ts';
import { LagWatch, nothingHeldBack } from '../../../src/lag.ts';
import type { SourceMessage, TopicPartition, TopicPartitionOffset } from '../../../src/types.ts';

const NOW = Date.UTC(2024, 0, 1);

/** A cluster with one topic for each list of partitions; `asked` are the records it was asked for. */
class FakeReader implements LagReader {
  readonly topics: Record<string, PartitionEnds[]>;
  readonly offsets: Record<string, number | undefined>;
  /** First visible record at or after an offset, by `topic/partition`. */
  readonly records: Record<string, { offset: number; ageS?: number } | 'late' | undefined> = {};
  asked: TopicPartitionOffset[] = [];
  closed = false;

  constructor(topics: Record<string, PartitionEnds[]>, offsets: Record<string, number | undefined> = {}) {
    this.topics = topics;
    this.offsets = offsets;
  }

  async connect(): Promise<void> {}

  async metadata(): Promise<ClusterMetadata> {
    return { brokers: [], topics: Object.keys(this.topics).map((name) => ({ name, partitions: [] })) };
  }

  async partitionsOf(topic: string): Promise<TopicPartition[]> {
    return (this.topics[topic] ?? []).map((_, partition) => ({ topic, partition }));
  }

  async committed(partitions: readonly TopicPartition[]): Promise<(number | undefined)[]> {
    return partitions.map((each) => this.offsets[nameOf(each)]);
  }

  async ends(partitions: readonly TopicPartition[]): Promise<PartitionEnds[]> {
    return partitions.map(({ topic, partition }) => this.topics[topic]?.[partition] as PartitionEnds);
  }

  async firstRecords(
    positions: readonly TopicPartitionOffset[],
  ): Promise<(SourceMessage | undefined | 'late')[]> {
    this.asked = [...positions];
    return positions.map((position) => {
      const found = this.records[nameOf(position)];
      if (found === undefined || found === 'late') return found;
      const timestamp = found.ageS === undefined ? undefined : NOW - found.ageS * 1_000;
      return { ...position, offset: found.offset, timestamp, value: null, size: 0 };
    });
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;

const noOpenTransactions: OpenTransactions = { find: async () => [], close: async () => undefined };

async function probeOf(t: TestContext, reader: FakeReader, settings: Record<string, string> = {}) {
  const clock = { now: 0 };
  t.mock.method(Date, 'now', () => NOW + clock.now);
  const { config } = loadConfig({
    overrides: { 'kafka.topic': Object.keys(reader.topics).join(','), ...settings },
  });
  const probe = new LagProbe(config, reader, noOpenTransactions, new LagWatch(() => clock.now));
  await probe.connect();
  return { probe, clock };
}

test('each look finds the topics that match a pattern by then', async (t) => {
  const reader = new FakeReader({ 'tickets-a': [{ low: 0, high: 5 }], other: [{ low: 0, high: 9 }] });
  const { probe } = await probeOf(t, reader, {
    'kafka.topic': '^tickets-',
    'kafka.auto_offset_reset': 'earliest',
  });
  const topics = async () => (await probe.look()).partitions.map(({ topic }) => topic);
  assert.deepEqual(await topics(), ['tickets-a']);
  reader.topics['tickets-b'] = [{ low: 0, high: 1 }];
  assert.deepEqual(await topics(), ['tickets-a', 'tickets-b']);
  for (const name of ['tickets-a', 'tickets-b']) delete reader.topics[name];
  await assert.rejects(probe.look(), { code: 'KS_TOPIC_MISSING', message: /No topic matches \^tickets-/ });
});

test('counts what is after the committed offset, and dates it by its oldest record', async (t) => {
  const reader = new FakeReader(
    { a: [{ low: 0, high: 50 }], b: [{ low: 5, high: 9 }] },
    { 'a/0': 20, 'b/0': 9 },
  );
  reader.records['a/0'] = { offset: 22, ageS: 4 };
  const { probe } = await probeOf(t, reader);
  const { partitions, messages, group } = await probe.look();
  assert.deepEqual(partitions, [
    {
      ...{ topic: 'a', partition: 0, committedOffset: 20, endOffset: 50, messages: 28, seconds: 4 },
      ...{ ...nothingHeldBack, status: 'ok' },
    },
    {
      ...{ topic: 'b', partition: 0, committedOffset: 9, endOffset: 9, messages: 0, seconds: 0 },
      ...{ ...nothingHeldBack, status: 'ok' },
    },
  ]);
  assert.equal(messages, 28);
  assert.equal(group, 'kubesentiment_consumer');
  assert.deepEqual(reader.asked, [{ topic: 'a', partition: 0, offset: 20 }]);
});

test('what waits in a retry topic is no lag until it is due, wherever the group begins', async (t) => {
  const reader = new FakeReader({
    a: [{ low: 0, high: 5 }],
    'a-retry-10s': [
      { low: 0, high: 4 },
      { low: 0, high: 3 },
    ],
  });
  reader.records['a-retry-10s/0'] = { offset: 0, ageS: 4 };
  reader.records['a-retry-10s/1'] = { offset: 0, ageS: 13 };
  const { probe } = await probeOf(t, reader, { 'kafka.topic': 'a', 'kafka.retry_topics': '10s' });
  const { partitions, messages } = await probe.look();
  assert.deepEqual(
    partitions.map((each) => [each.topic, each.messages, each.notDue, each.seconds]),
    [
      ['a', 0, undefined, 0],
      ['a-retry-10s', 0, 4, 0],
      ['a-retry-10s', 3, 0, 3],
    ],
  );
  assert.equal(messages, 3);
});

test('what is left after the last record are markers of transactions: nothing waits', async (t) => {
  const reader = new FakeReader({ a: [{ low: 0, high: 21 }] }, { 'a/0': 20 });
  const { probe } = await probeOf(t, reader);
  const { partitions } = await probe.look();
  assert.deepEqual([partitions[0]?.messages, partitions[0]?.seconds, partitions[0]?.status], [0, 0, 'ok']);
});

test('a group without an offset begins where auto_offset_reset says', async (t) => {
  for (const [reset, messages] of [
    ['earliest', 43],
    ['latest', 0],
  ] as const) {
    const reader = new FakeReader({ a: [{ low: 7, high: 50 }] });
    reader.records['a/0'] = { offset: 7, ageS: 1 };
    const { probe } = await probeOf(t, reader, { 'kafka.auto_offset_reset': reset });
    const { partitions } = await probe.look();
    assert.deepEqual([partitions[0]?.committedOffset, partitions[0]?.messages], [null, messages], reset);
  }
});

test('an offset whose records are deleted counts from the oldest that is left', async (t) => {
  const reader = new FakeReader({ a: [{ low: 40, high: 50 }] }, { 'a/0': 3 });
  reader.records['a/0'] = { offset: 40, ageS: 1 };
  const { probe } = await probeOf(t, reader);
  assert.equal((await probe.look()).messages, 10);
  assert.deepEqual(reader.asked, [{ topic: 'a', partition: 0, offset: 40 }]);
});

test('a record that does not come in time, or has no timestamp that can be true, leaves the age open', async (t) => {
  const reader = new FakeReader(
    {
      a: [
        { low: 0, high: 50 },
        { low: 0, high: 50 },
        { low: 0, high: 50 },
      ],
    },
    { 'a/0': 20, 'a/1': 20, 'a/2': 20 },
  );
  reader.records['a/0'] = 'late';
  reader.records['a/1'] = { offset: 20 };
  reader.records['a/2'] = { offset: 20, ageS: -3_600 };
  const { probe } = await probeOf(t, reader);
  const { partitions } = await probe.look();
  for (const { messages, seconds, status } of partitions) {
    assert.deepEqual([messages, seconds, status], [30, null, 'behind']);
  }
});

test('looks again until it can tell: a group that moves is behind, one that does not is stalled', async (t) => {
  const reader = new FakeReader(
    {
      a: [
        { low: 0, high: 50 },
        { low: 0, high: 50 },
      ],
    },
    { 'a/0': 20, 'a/1': 20 },
  );
  reader.records['a/0'] = { offset: 20, ageS: 60 };
  reader.records['a/1'] = { offset: 20, ageS: 60 };
  const { probe, clock } = await probeOf(t, reader);
  const statuses = async () => {
    const report = await probe.look();
    return [report.partitions.map(({ status }) => status).join(' '), probe.isUndecided(report)];
  };
  assert.deepEqual(await statuses(), ['behind behind', true]);
  clock.now += 2_000;
  reader.offsets['a/0'] = 21;
  assert.deepEqual(await statuses(), ['behind behind', true]);
  clock.now += 8_000;
  reader.offsets['a/0'] = 22;
  assert.deepEqual(await statuses(), ['behind stalled', false]);
});

test('closing ends the connection', async (t) => {
  const reader = new FakeReader({ a: [] });
  const { probe } = await probeOf(t, reader);
  await probe.close();
  assert.equal(reader.closed, true);
});
