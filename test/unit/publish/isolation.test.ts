import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Isolation } from '../../../src/publish/isolation.ts';

/** Sends `count` messages, some of which are refused. Returns those found, and how many transactions it took. */
function search(count: number, culprits: ReadonlySet<number>, messagesMax: number) {
  const isolation = new Isolation(messagesMax);
  const found: number[] = [];
  let transactions = 0;
  for (let next = 0; next < count; transactions++) {
    const size = Math.min(isolation.limit, count - next);
    const refused = Array.from({ length: size }, (_, i) => next + i).filter(
      (at) => culprits.has(at) && !found.includes(at),
    );
    if (refused.length === 0) {
      isolation.committed(size);
      next += size;
    } else if (isolation.refused(size)) found.push(...refused);
  }
  return { found, transactions, isolation };
}

test('one among a thousand is found in some twenty transactions, whichever it is', () => {
  for (let culprit = 0; culprit < 1_000; culprit += 37) {
    const { found, transactions, isolation } = search(3_000, new Set([culprit]), 1_000);
    assert.deepEqual(found, [culprit]);
    assert.ok(transactions < 40, `${transactions} for ${culprit}`);
    assert.equal(isolation.isSearching, false);
  }
});

test('all of them are found, and no other is', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.nat(299), { maxLength: 12 }),
      fc.integer({ min: 1, max: 500 }),
      (culprits, max) => {
        const { found } = search(300, new Set(culprits), max);
        assert.deepEqual(
          found.sort((a, b) => a - b),
          culprits.sort((a, b) => a - b),
        );
      },
    ),
  );
});

test('where nothing can be left out all are tried again, without a search until one has succeeded', () => {
  const isolation = new Isolation(8);
  while (!isolation.refused(isolation.limit));
  isolation.giveUp();
  assert.equal(isolation.limit, 8);
  assert.equal(isolation.refused(1), false);
  assert.equal(isolation.limit, 8);
  isolation.committed(8);
  assert.equal(isolation.refused(8), false);
  assert.equal(isolation.limit, 4);
});
