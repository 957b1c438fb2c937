import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CommitText, readCommitText, withResetAt, writeCommitText } from '../../src/commit-text.ts';

test('what is written is read', () => {
  const texts: CommitText[] = [
    { partitions: 4 },
    { partitions: 4, start: 0 },
    {
      partitions: 0,
      start: 7,
      topic: 'Ab+/-_9',
      reset: { sinceMs: 1_790_000_000_000, from: 7 },
      skipped: 12,
    },
  ];
  for (const text of texts)
    assert.deepEqual({ ...readCommitText(writeCommitText(text)) }, { ...nothing, ...text });
});
const nothing = { start: undefined, topic: undefined, reset: undefined, skipped: undefined };

test('texts of older versions are read, and those of other programs are not', () => {
  assert.equal(readCommitText('partitions=12,start=900')?.start, 900);
  for (const text of [
    undefined,
    '',
    'partitions=',
    'partitions=x',
    'partitions=1,more=2',
    'of another program',
  ])
    assert.equal(readCommitText(text), undefined);
});

test('the time of a reset is moved, and only that', () => {
  assert.equal(
    withResetAt('partitions=0,start=3,reset=5@3,skipped=2', 9),
    'partitions=0,start=3,reset=9@3,skipped=2',
  );
  for (const text of [undefined, 'partitions=4', 'other']) assert.equal(withResetAt(text, 9), text);
});
