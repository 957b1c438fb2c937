import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordAgeMs } from '../../src/record-age.ts';

const NOW = Date.UTC(2026, 10, 29);

test('the age of a record, and of one whose producer is a little ahead', () => {
  assert.equal(recordAgeMs(NOW - 1_500, NOW), 1_500);
  assert.equal(recordAgeMs(NOW, NOW), 0);
  assert.equal(recordAgeMs(NOW + 60_000, NOW), 0);
});

for (const [what, timestamp] of Object.entries({
  missing: undefined,
  'of no type': -1,
  zero: 0,
  'in seconds': NOW / 1_000,
  'in microseconds': NOW * 1_000,
  'an hour ahead': NOW + 3_600_000,
  'no number': Number.NaN,
})) {
  test(`a timestamp that is ${what} says nothing`, () => {
    assert.equal(recordAgeMs(timestamp, NOW), undefined);
  });
}
