import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Counters } from '../../../src/metrics/counters.ts';
import { errorTypes } from '../../../src/types.ts';

test('failures and dead letters are counted by type, and their sums are the totals', () => {
  const counters = new Counters();
  counters.fail('timeout', 2);
  counters.fail('invalid_json');
  counters.deadLetter('timeout', 2);
  assert.equal(counters.failedByType[errorTypes.indexOf('timeout')], 2);
  assert.equal(counters.deadLettersByType[errorTypes.indexOf('invalid_json')], 0);
  assert.deepEqual([counters.messagesFailed, counters.deadLetters], [3, 2]);
});

test('the padding ratio is a share, and 0 before the first batch', () => {
  const counters = new Counters();
  assert.equal(counters.paddingRatio, 0);
  Object.assign(counters, { realTokens: 75, paddedTokens: 100 });
  assert.equal(counters.paddingRatio, 0.25);
});
