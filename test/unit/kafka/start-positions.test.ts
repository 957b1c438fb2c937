import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Committed, type PartitionRange, startsOf } from '../../../src/kafka/start-positions.ts';

const topic = 'requests';
const range = (low: number, high: number): PartitionRange => ({ low, high });
const ranges = (...list: readonly PartitionRange[]): Map<number, PartitionRange> => new Map(list.entries());
const at = (offset: number, metadata?: string): Committed => ({ offset, metadata });

test('a group without offsets starts where the policy says, and commits that', () => {
  const positions = { topic, committed: [undefined, undefined], ranges: ranges(range(3, 9), range(0, 0)) };
  const latest = startsOf(positions, [0, 1], 'latest');
  assert.deepEqual(latest.toCommit, [
    { topic, partition: 0, offset: 9, metadata: 'partitions=2,start=9' },
    { topic, partition: 1, offset: 0, metadata: 'partitions=2,start=0' },
  ]);
  assert.deepEqual(
    latest.partitions.map(({ start, moved }) => [start, moved]),
    [
      [9, undefined],
      [0, undefined],
    ],
  );
  assert.deepEqual(
    startsOf(positions, [0, 1], 'earliest').toCommit.map(({ offset }) => offset),
    [3, 0],
  );
  assert.throws(() => startsOf(positions, [0], 'none'), {
    code: 'KS_KAFKA_FATAL',
    message: /partition 0 of requests/,
  });
});

test('a committed offset is left to the client, which waits for transactions that are open on it', () => {
  const committed = [at(5, 'partitions=1')];
  const { partitions, toCommit } = startsOf({ topic, committed, ranges: ranges(range(0, 9)) }, [0], 'latest');
  assert.deepEqual(toCommit, []);
  assert.deepEqual(partitions, [
    { topic, partition: 0, committed: 5, position: 5, metadata: 'partitions=1' },
  ]);
});

test('both ends of the log are within it', () => {
  for (const offset of [3, 9]) {
    const { toCommit } = startsOf(
      { topic, committed: [at(offset)], ranges: ranges(range(3, 9)) },
      [0],
      'none',
    );
    assert.deepEqual(toCommit, []);
  }
});

test('a partition that was added starts at its beginning; one that another member is about to take does not', () => {
  const committed = [at(50, 'partitions=2'), undefined, undefined];
  const positions = { topic, committed, ranges: ranges(range(0, 60), range(0, 70), range(0, 80)) };
  const { toCommit } = startsOf(positions, [1, 2], 'latest');
  assert.deepEqual(toCommit, [
    { topic, partition: 1, offset: 70, metadata: 'partitions=2,start=70' },
    { topic, partition: 2, offset: 0, metadata: 'partitions=2,start=0' },
  ]);
  assert.equal(startsOf(positions, [2], 'none').toCommit[0]?.offset, 0);
});

test('offsets of an older version say nothing about added partitions: the policy decides', () => {
  for (const metadata of [undefined, '', 'partitions=', 'partitions=x', 'of another program']) {
    const committed = [at(50, metadata), undefined];
    const positions = { topic, committed, ranges: ranges(range(0, 60), range(0, 70)) };
    const { partitions, toCommit } = startsOf(positions, [0, 1], 'latest');
    assert.deepEqual(toCommit, [{ topic, partition: 1, offset: 70, metadata: 'partitions=2,start=70' }]);
    assert.equal(partitions[0]?.metadata, 'partitions=2', 'from now on it is known');
  }
});

test('an offset whose record is gone goes on at the oldest record kept, whatever the policy, and is told', () => {
  for (const policy of ['latest', 'earliest', 'none'] as const) {
    for (const offset of [2, 90]) {
      const committed = [at(offset, 'partitions=1')];
      const found = startsOf({ topic, committed, ranges: ranges(range(40, 60)) }, [0], policy);
      const reason = offset < 40 ? 'trimmed' : 'log_shorter';
      assert.deepEqual(found.partitions[0]?.moved, { from: offset, to: 40, reason });
      assert.equal(found.toCommit[0]?.offset, 40);
    }
  }
});

test('where the group began is kept for good, also when its offset was out of range', () => {
  const committed = [at(20, 'partitions=1,start=7'), at(90, 'partitions=1,start=8')];
  const positions = { topic, committed, ranges: ranges(range(0, 60), range(40, 60)) };
  const { partitions, toCommit } = startsOf(positions, [0, 1], 'latest', 1_000);
  const moved = 'partitions=1,start=8,reset=1000@40';
  assert.deepEqual(
    partitions.map(({ metadata }) => metadata),
    ['partitions=1,start=7', moved],
  );
  assert.deepEqual(toCommit, [{ topic, partition: 1, offset: 40, metadata: moved }]);
});

test('without a leader nobody knows the ends: an offset is kept, and latest is left to the client', () => {
  const committed = [at(5, 'partitions=2,start=1'), undefined, undefined];
  const positions = { topic, committed, ranges: new Map<number, PartitionRange>() };
  const { partitions, toCommit } = startsOf(positions, [0, 1, 2], 'latest');
  assert.deepEqual(toCommit, []);
  assert.deepEqual(partitions, [
    { topic, partition: 0, position: 5, metadata: 'partitions=2,start=1' },
    { topic, partition: 1, metadata: 'partitions=2', startsAtEnd: true },
    { topic, partition: 2, metadata: 'partitions=2' },
  ]);
});

const named = (low: number, high: number, topicId: string): PartitionRange => ({ low, high, topicId });

test('a topic that was created again is read from its beginning, however far the old one had been read', () => {
  const committed = [at(500, 'partitions=2,start=9,topic=old'), undefined];
  const positions = { topic, committed, ranges: ranges(named(0, 900, 'new'), named(0, 30, 'new')) };
  const { partitions, toCommit } = startsOf(positions, [0, 1], 'latest', 1_000);
  const metadata = 'partitions=0,start=0,topic=new,reset=1000@0';
  assert.deepEqual(toCommit, [
    { topic, partition: 0, offset: 0, metadata },
    { topic, partition: 1, offset: 0, metadata },
  ]);
  assert.deepEqual(
    partitions.map(({ moved }) => moved),
    [
      { from: 500, to: 0, reason: 'topic_recreated' },
      { from: -1, to: 0, reason: 'topic_recreated' },
    ],
  );
});

test('brokers delete the offsets with the topic: a process that knew the old one starts at the beginning', () => {
  const positions = { topic, committed: [undefined], ranges: ranges(named(0, 900, 'new')) };
  assert.equal(startsOf({ ...positions, firstId: 'old' }, [0], 'latest').toCommit[0]?.offset, 0);
  assert.equal(startsOf({ ...positions, firstId: 'new' }, [0], 'latest').toCommit[0]?.offset, 900);
});

test('brokers delete offsets late, and those of the new topic with them: our own memory of it counts', () => {
  const positions = { topic, committed: [undefined, undefined], firstId: 'old', hadOffsets: true };
  const ofNew = at(600, 'partitions=0,start=0,topic=new,reset=1000@0');
  const lastOf = (partition: number) => (partition === 0 ? ofNew : at(70, 'partitions=2,topic=old'));
  const both = ranges(named(0, 900, 'new'), named(0, 30, 'new'));
  const { partitions, toCommit } = startsOf({ ...positions, ranges: both, lastOf }, [0, 1], 'latest', 2_000);
  assert.deepEqual(
    toCommit.map(({ partition, offset }) => [partition, offset]),
    [
      [0, 600],
      [1, 0],
    ],
  );
  assert.deepEqual([partitions[0]?.metadata, partitions[0]?.moved], [ofNew.metadata, undefined]);
  assert.equal(partitions[1]?.moved?.reason, 'topic_recreated');
});

test('what we remember is named to the client also for a partition without a leader: the group has nothing', () => {
  const ofNew = at(600, 'partitions=0,start=0,topic=new,reset=1000@0');
  const positions = { topic, committed: [undefined, at(5, 'partitions=0,topic=new')], firstId: 'new' };
  const some = new Map([[1, named(0, 9, 'new')]]);
  const { partitions } = startsOf({ ...positions, ranges: some, lastOf: () => ofNew }, [0, 1], 'latest');
  assert.deepEqual(
    partitions.map(({ start }) => start),
    [600, undefined],
  );
});

test('members that come later start at the beginning of a topic that was created again', () => {
  const committed = [at(40, 'partitions=0,start=0,topic=new,reset=1000@0'), undefined];
  const positions = { topic, committed, ranges: ranges(named(0, 90, 'new'), named(0, 30, 'new')) };
  const { partitions, toCommit } = startsOf(positions, [0, 1], 'latest');
  assert.deepEqual([partitions[0]?.start, partitions[0]?.metadata], [undefined, committed[0]?.metadata]);
  assert.equal(toCommit[0]?.offset, 0);
});

test('an id is noted where there was none', () => {
  const positions = {
    topic,
    committed: [at(4, 'partitions=1,start=2')],
    ranges: ranges(named(0, 9, 'a+/-_')),
  };
  const { partitions, toCommit } = startsOf(positions, [0], 'latest');
  assert.deepEqual([toCommit, partitions[0]?.metadata], [[], 'partitions=1,start=2,topic=a+/-_']);
});

test('offsets that were deleted before they were read are summed up', () => {
  const committed = [at(10, 'partitions=1,start=0,skipped=7')];
  const { partitions } = startsOf({ topic, committed, ranges: ranges(range(25, 40)) }, [0], 'latest');
  assert.equal(partitions[0]?.metadata, 'partitions=1,start=0,skipped=22');
});

test('a topic that was created again, whose partitions have no leader yet, is not begun at its end', () => {
  const none = { topic, ranges: new Map<number, PartitionRange>() };
  const gone = startsOf({ ...none, committed: [undefined], hadOffsets: true }, [0], 'latest');
  assert.deepEqual([gone.partitions[0]?.startsAtEnd, gone.toCommit[0]?.offset], [undefined, 0]);
  const committed = [at(4, 'partitions=0,start=0,topic=new,reset=1000@0'), undefined];
  const other = startsOf({ ...none, committed, firstId: 'old' }, [1], 'latest');
  assert.equal(other.toCommit[0]?.offset, 0);
});
