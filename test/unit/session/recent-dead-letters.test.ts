import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecentDeadLetters } from '../../../src/session/recent-dead-letters.ts';
import type { RecentDeadLetter } from '../../../src/types.ts';

const letter = (offset: number): RecentDeadLetter => ({
  at: 0,
  topic: 't',
  partition: 0,
  offset,
  errorType: 'timeout',
  stage: 'infer',
  reason: 'Too late.',
});
const offsets = (recent: RecentDeadLetters): number[] => recent.newestFirst().map(({ offset }) => offset);

test('the newest come first, however they are asked for', () => {
  const recent = new RecentDeadLetters();
  assert.deepEqual(offsets(recent), []);
  recent.add(letter(1));
  recent.add(letter(2));
  assert.deepEqual(offsets(recent), [2, 1]);
  recent.add(letter(3));
  assert.deepEqual(offsets(recent), [3, 2, 1]);
});

test('of a flood the last fifty are kept', () => {
  const recent = new RecentDeadLetters();
  recent.add(letter(-1));
  recent.newestFirst();
  for (let i = 0; i < 1_000; i++) recent.add(letter(i));
  assert.deepEqual(
    offsets(recent),
    Array.from({ length: 50 }, (_, i) => 999 - i),
  );
});

test('the array is the same until another one is added', () => {
  const recent = new RecentDeadLetters();
  recent.add(letter(1));
  const first = recent.newestFirst();
  assert.equal(recent.newestFirst(), first);
  recent.add(letter(2));
  assert.notEqual(recent.newestFirst(), first);
  assert.equal(first.length, 1, 'what was handed out does not change');
});
