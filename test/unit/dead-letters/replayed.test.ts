import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Replayed } from '../../../src/dead-letters/replayed.ts';

const nothing = Replayed.read(undefined);
const offsetsOf = (replayed: Replayed): number[] =>
  Array.from({ length: 20 }, (_, offset) => offset).filter((offset) => replayed.has(offset));

test('a replay that began later leaves what is older to be replayed', () => {
  const later = nothing.with(5, 8);
  assert.deepEqual(offsetsOf(later), [5, 6, 7]);
  assert.deepEqual([later.next, later.text], [8, 'left=0-5']);
  assert.deepEqual(offsetsOf(later.with(0, 3)), [0, 1, 2, 5, 6, 7]);
  assert.equal(later.with(0, 5).text, undefined);
  assert.equal(later.with(0, 12).text, undefined);
});

test('what was left out is read from the text as it was written', () => {
  const some = nothing.with(2, 4).with(8, 10).with(15, 16);
  assert.equal(some.text, 'left=0-2,4-8,10-15');
  const read = Replayed.read({ offset: some.next, metadata: some.text });
  assert.deepEqual(offsetsOf(read), [2, 3, 8, 9, 15]);
  assert.equal(read.with(5, 6).text, 'left=0-2,4-5,6-8,10-15');
  assert.deepEqual([read.with(5, 6).next, read.with(5, 6).has(5)], [16, true]);
});

test('a text of somebody else says nothing, and a replay from the beginning needs none', () => {
  assert.deepEqual(offsetsOf(Replayed.read({ offset: 3, metadata: 'left=x' })), [0, 1, 2]);
  assert.deepEqual(offsetsOf(Replayed.read({ offset: 3, metadata: undefined })), [0, 1, 2]);
  assert.equal(nothing.with(0, 7).text, undefined);
});

test('more ranges than a broker takes are refused', () => {
  let many = nothing;
  for (let i = 0; i < 100; i++) many = many.with(2 * i + 1, 2 * i + 2);
  assert.equal(many.text?.split(',').length, 100);
  assert.throws(() => many.with(1_001, 1_002), { code: 'KS_STATE' });
});
