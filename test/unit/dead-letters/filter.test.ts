import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeadLetter } from '../../../src/dead-letter.ts';
import { checkFilter, matches, parseReason, parseTime } from '../../../src/dead-letters/filter.ts';

const letter = { partition: 1, timestamp: 5_000, reason: 'timeout' } as DeadLetter;

test('an empty filter means everything, foreign records too', () => {
  assert.ok(matches({}, letter));
  assert.ok(matches({}, { ...letter, reason: undefined }));
});

test('each part of a filter can leave a dead letter out', () => {
  assert.ok(
    matches({ reasons: ['internal', 'timeout'], partitions: [1], since: 5_000, until: 5_001 }, letter),
  );
  assert.ok(!matches({ reasons: ['internal'] }, letter));
  assert.ok(!matches({ reasons: ['internal'] }, { ...letter, reason: undefined }));
  assert.ok(!matches({ partitions: [0, 2] }, letter));
  assert.ok(!matches({ since: 5_001 }, letter));
  assert.ok(!matches({ until: 5_000 }, letter));
});

test('a filter that matches nothing at all is refused', () => {
  assert.throws(() => checkFilter({ since: 2, until: 2 }), { code: 'KS_USAGE' });
  checkFilter({ since: 1, until: 2 });
  checkFilter({ since: 2 });
  assert.throws(() => checkFilter({ since: Date.now() + 3_600_000 }), { code: 'KS_USAGE' });
});

test('times are spans before now or dates', () => {
  const now = Date.parse('2026-03-01T00:00:00Z');
  assert.equal(parseTime('90s', now), now - 90_000);
  assert.equal(parseTime('2h', now), now - 7_200_000);
  assert.equal(parseTime('7d', now), Date.parse('2026-02-22T00:00:00Z'));
  assert.equal(parseTime('2026-01-31T12:00Z', now), Date.parse('2026-01-31T12:00:00Z'));
  assert.equal(parseTime('2026-01-31', now), Date.parse('2026-01-31T00:00:00Z'));
  for (const wrong of ['', '5', 'yesterday', '-1h', '2026-13-01', '1y', '12:00']) {
    assert.equal(parseTime(wrong, now), undefined, wrong);
  }
});

test('only reasons of the list are reasons', () => {
  assert.equal(parseReason('timeout'), 'timeout');
  assert.equal(parseReason('toString'), undefined);
});
