import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { KubesentimentError } from '../../../src/errors.ts';
import { AssignmentStarts } from '../../../src/kafka/assignment-starts.ts';
import type { Committed, StartPolicy } from '../../../src/kafka/start-positions.ts';
import type { TopicPartitionOffset } from '../../../src/types.ts';

const topic = 'requests';

/** Its pauses keep no process alive. */
const alive = setInterval(() => undefined, 1_000);
after(() => clearInterval(alive));
const assigned = [0, 1].map((partition) => ({ topic, partition }));

interface Script {
  readonly policy?: StartPolicy;
  /** Makes the first calls for the ends fail. */
  readonly failures?: readonly unknown[];
  /** A partition that no call with it can be answered for. */
  readonly leaderless?: number;
  /** The answer of the group to a commit; undefined: none comes, but the offsets are there. */
  readonly answer?: unknown;
}

/** A broker with a log from 3 to 9 in each partition, and a group without offsets. */
function starts({ policy = 'latest', failures = [], leaderless, answer }: Script = {}) {
  const committed: (Committed | undefined)[] = [undefined, undefined];
  const commits: (readonly TopicPartitionOffset[])[] = [];
  const warnings: KubesentimentError[] = [];
  const left = [...failures];
  const raw = {
    commit: (offsets: readonly TopicPartitionOffset[]) => {
      commits.push(offsets);
      if (answer === undefined)
        for (const { partition, offset, metadata } of offsets) committed[partition] = { offset, metadata };
      else queueMicrotask(() => subject.answered(answer, offsets));
    },
    offsetsForTimes: (
      times: readonly TopicPartitionOffset[],
      _timeoutMs: number,
      done: (error: unknown, found?: readonly TopicPartitionOffset[]) => void,
    ) => {
      const failure = left.shift();
      if (failure !== undefined) return done(failure);
      if (times.some(({ partition }) => partition === leaderless)) return done({ code: -185 });
      done(
        undefined,
        times.map((entry) => ({ ...entry, offset: entry.offset === -2 ? 3 : 9 })),
      );
    },
  };
  const subject = new AssignmentStarts({
    ...{ raw, policy },
    positions: {
      committedOf: async (name) => {
        if (name === topic) return [...committed];
        throw new KubesentimentError('KS_TOPIC_MISSING', 'There is no such topic.');
      },
      firstIdOf: (_, id) => id,
      hadOffsets: () => false,
      marksOf: async () => [],
    },
    onWarning: (error) => warnings.push(error),
  });
  return { subject, commits, warnings, committed };
}

test('starts are committed before they are handed out, also if no answer to the commit comes', async () => {
  const { subject, commits } = starts();
  const found = await subject.of(assigned);
  assert.deepEqual(
    found.map(({ start }) => start),
    [9, 9],
  );
  assert.deepEqual(commits, [
    [0, 1].map((partition) => ({ topic, partition, offset: 9, metadata: 'partitions=2,start=9' })),
  ]);
});

test('a second assignment finds them and commits nothing', async () => {
  const { subject, commits } = starts();
  await subject.of(assigned);
  const again = await subject.of(assigned);
  assert.deepEqual(
    again.map(({ start }) => start),
    [undefined, undefined],
  );
  assert.equal(commits.length, 1);
});

test('a broker that is away is asked again, with a warning', async () => {
  const { subject, warnings } = starts({ failures: [{ code: -195 }, { code: -195 }] });
  assert.equal((await subject.of(assigned)).length, 2);
  assert.ok(warnings.length > 0);
  assert.ok(warnings.every(({ retryable }) => retryable));
});

test('a partition without a leader does not hold up the others', async () => {
  const { subject, commits, warnings } = starts({ leaderless: 1 });
  const found = await subject.of(assigned);
  assert.deepEqual(
    found.map(({ start, startsAtEnd }) => [start, startsAtEnd]),
    [
      [9, undefined],
      [undefined, true],
    ],
  );
  assert.deepEqual(commits, [[{ topic, partition: 0, offset: 9, metadata: 'partitions=2,start=9' }]]);
  assert.equal(warnings.length, 1);
});

test('a topic that is gone does not hold up the others', async () => {
  const { subject, commits } = starts();
  const gone = { topic: 'gone', partition: 0 };
  const found = await subject.of([...assigned, gone]);
  assert.deepEqual(found.at(-1), gone);
  assert.equal(commits[0]?.length, 2);
});

test('a group that has moved on needs no start: it assigns again', async () => {
  const { subject, commits } = starts({ answer: { code: 25, message: 'Broker: Unknown member' } });
  assert.equal((await subject.of(assigned)).length, 2);
  assert.equal(commits.length, 1);
});

test('without a start and without a policy there is nothing to try again', async () => {
  const { subject, warnings } = starts({ policy: 'none' });
  await assert.rejects(subject.of(assigned), { code: 'KS_KAFKA_FATAL' });
  assert.deepEqual(warnings, []);
});

test('missing rights end it as well', async () => {
  const { subject } = starts({ failures: [{ code: 29 }] });
  await assert.rejects(subject.of(assigned), { code: 'KS_NOT_AUTHORIZED' });
});

test('whoever closes does not wait for an answer', async () => {
  const raw = { commit: () => undefined, offsetsForTimes: () => undefined };
  const subject = new AssignmentStarts({
    ...{ raw, policy: 'latest' as const },
    positions: {
      committedOf: async () => [],
      firstIdOf: () => undefined,
      hadOffsets: () => false,
      marksOf: async () => [],
    },
    onWarning: () => assert.fail('nothing failed'),
  });
  const found = subject.of(assigned);
  subject.stop();
  assert.deepEqual(await found, assigned);
});

test('whoever closes gets the partitions as they came', async () => {
  const { subject, commits } = starts();
  subject.stop();
  assert.deepEqual(await subject.of(assigned), assigned);
  assert.deepEqual(commits, []);
});
