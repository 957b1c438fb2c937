import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  isGivenUp,
  marksAfter,
  marksFromText,
  marksToText,
  markOf,
  type StallMark,
} from '../../src/stall-marks.ts';

const many = (first: number, last: number): Omit<StallMark, 'ends'> => ({ phase: 'decode', first, last });
const one = (offset: number): Omit<StallMark, 'ends'> => many(offset, offset);
const isDead = (marks: readonly StallMark[], offset: number): boolean => {
  const mark = markOf(marks, offset);
  return mark !== undefined && isGivenUp(mark);
};

test('a message of a batch is given up when it has also ended a process alone', () => {
  const first = marksAfter([], many(10, 500));
  assert.equal(isDead(first, 70), false);
  const second = marksAfter(first, one(70));
  assert.deepEqual(
    [69, 70, 71].map((offset) => isDead(second, offset)),
    [false, true, false],
  );
});

test('a message that came alone is given up after the second time, not the first', () => {
  const first = marksAfter([], one(7));
  assert.equal(isDead(first, 7), false);
  assert.equal(isDead(marksAfter(first, one(7)), 7), true);
});

test('several messages together are never given up, however often', () => {
  let marks: StallMark[] = [];
  for (let i = 0; i < 5; i++) marks = marksAfter(marks, many(1, 2));
  assert.equal(isDead(marks, 1), false);
  assert.equal(marks.length, 1);
});

test('a second bad message does not make the first one forgotten', () => {
  let marks = marksAfter([], many(0, 999));
  for (const offset of [5, 8]) marks = marksAfter(marks, one(offset));
  assert.deepEqual(
    [5, 6, 8].map((offset) => isDead(marks, offset)),
    [true, false, true],
  );
  marks = marksAfter(marks, many(9, 2_000));
  assert.deepEqual(
    [5, 8].map((offset) => isDead(marks, offset)),
    [true, true],
  );
});

test('the text survives, has room in a commit, and anything else is no mark', () => {
  let marks: StallMark[] = [];
  for (let i = 0; i < 500; i++) marks = marksAfter(marks, one(Number.MAX_SAFE_INTEGER - i));
  const text = marksToText(marks);
  assert.ok(text.length <= 4_096, `${text.length} bytes`);
  assert.deepEqual(marksFromText(text), marks);
  for (const other of [
    undefined,
    '',
    'partitions=3,start=4',
    'decode=1-2',
    'poll=1-2*1',
    'decode=-1-2*1',
    'decode=1-2*x',
  ])
    assert.deepEqual(marksFromText(other), [], other);
  assert.equal(marksFromText('nonsense;publish=3-4*1').length, 1);
});
