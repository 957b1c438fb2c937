import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../src/corpus/random.ts';

const draw = (seed: number, count: number): number[] => {
  const random = new Random(seed);
  return Array.from({ length: count }, () => random.next());
};

test('the same seed gives the same numbers, on every machine and for good', () => {
  // Corpora, fault plans and test cases are named by their seeds: these numbers must never change.
  assert.deepEqual(
    draw(1, 4).map((value) => Math.floor(value * 2 ** 32)),
    [2937931555, 1312168811, 2206077592, 1589254914],
  );
});

test('near seeds give streams that have nothing to do with each other', () => {
  const streams = Array.from({ length: 64 }, (_, seed) => draw(seed, 8));
  assert.equal(new Set(streams.flat()).size, 64 * 8);
  const mean = streams.reduce((sum, [first = 0]) => sum + first, 0) / streams.length;
  assert.ok(mean > 0.3 && mean < 0.7, String(mean));
});

test('an integer lies between its bounds, both included', () => {
  const random = new Random(2);
  const drawn = Array.from({ length: 500 }, () => random.between(-1, 2));
  assert.deepEqual([...new Set(drawn)].sort(), [-1, 0, 1, 2]);
  assert.equal(random.between(7, 7), 7);
});

test('a chance of 0 never happens and one of 1 always', () => {
  const random = new Random(3);
  for (let i = 0; i < 500; i++) {
    assert.equal(random.chance(0), false);
    assert.equal(random.chance(1), true);
  }
});

test('every item is picked, and words from the front of a list more often', () => {
  const random = new Random(4);
  const items = Array.from({ length: 20 }, (_, i) => `w${i}`);
  assert.equal(new Set(Array.from({ length: 2_000 }, () => random.pick(items))).size, 20);
  const words = Array.from({ length: 4_000 }, () => random.word(items));
  const count = (word: string): number => words.filter((each) => each === word).length;
  assert.equal(new Set(words).size, 20);
  assert.ok(count('w0') > 2 * count('w19'), `${count('w0')} and ${count('w19')}`);
});
