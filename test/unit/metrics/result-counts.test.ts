import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ResultCounts } from '../../../src/metrics/result-counts.ts';

test('each version has its own counts, and goes on where it was when it comes back', () => {
  const counts = new ResultCounts();
  counts.of('a', ['NO', 'YES']).add(1, 0.9, 5, 0, false);
  counts.of('b', ['DOWN', 'YES']).add(1, 0.8, 6, 0, true);
  counts.of('a', ['NO', 'YES']).add(0, 0.7, 7, 0, false);
  assert.deepEqual(
    counts.models.map(({ version, byLabel }) => [version, ...byLabel]),
    [
      ['b', 0, 1],
      ['a', 1, 1],
    ],
  );
  assert.equal(counts.scores.get('YES')?.count, 2, 'the scores of a label are those of all versions');
  assert.deepEqual([counts.tokens.count, counts.truncated], [3, 1]);
});

test('versions that were not used for long are forgotten, with labels that no other has', () => {
  const counts = new ResultCounts();
  for (let i = 0; i < 100; i++) {
    counts.of('kept', ['YES']);
    counts.of(`v${i}`, [`L${i}`]);
  }
  const versions = counts.models.map(({ version }) => version);
  assert.equal(versions.length, 16);
  assert.ok(versions.includes('kept') && versions.includes('v99') && !versions.includes('v0'));
  assert.equal(counts.scores.size, 16);
  assert.ok(counts.scores.has('YES') && !counts.scores.has('L0'));
});
