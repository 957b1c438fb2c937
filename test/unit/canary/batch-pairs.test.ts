import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BatchPairs } from '../../../src/canary/batch-pairs.ts';

test('only batches of about one size are compared, and each once', () => {
  const pairs = new BatchPairs();
  assert.equal(pairs.addNew(100, 5, 0), undefined, 'there is none before it');
  pairs.addOld(100, 2, 0);
  assert.equal(pairs.addNew(1_000, 50, 1), undefined, 'that is another size');
  assert.equal(pairs.addNew(110, 5, 1), 2.5);
  assert.equal(pairs.addNew(110, 5, 1), undefined, 'it is used');
  assert.equal(pairs.ratio, 2.5);
});

test('batches of another time are not compared', () => {
  const pairs = new BatchPairs();
  pairs.addOld(100, 2, 0);
  assert.equal(pairs.addNew(100, 5, 10_001), undefined);
});

test('the mean is of the last ones', () => {
  const pairs = new BatchPairs();
  for (const ratio of [...Array(200).fill(1), ...Array(300).fill(3)]) {
    pairs.addOld(64, 2, 0);
    pairs.addNew(64, 2 * ratio, 0);
  }
  assert.ok(Math.abs((pairs.ratio ?? 0) - 3) < 0.05);
});
