import assert from 'node:assert/strict';
import { test } from 'node:test';
import { editDistance, suggest } from '../../../src/config/suggest.ts';

test('counts insertions, deletions, replacements and swaps, up to the limit', () => {
  const cases: [string, string, number][] = [
    ['', '', 0],
    ['topic', 'topic', 0],
    ['topic', 'topics', 1],
    ['topics', 'topic', 1],
    ['topic', 'tonic', 1],
    ['topic', 'tpoic', 1],
    ['topic', 'tpocis', 3],
    ['', 'abc', 3],
    ['abc', 'xyz', 3],
  ];
  for (const [a, b, expected] of cases) {
    assert.equal(editDistance(a, b, 100), expected, `${a} → ${b}`);
    assert.equal(editDistance(b, a, 100), expected, `${b} → ${a}`);
    assert.equal(editDistance(a, b, 2), Math.min(2, expected), `${a} → ${b}, at most 2`);
  }
});

test('suggests the closest candidate, however the words are joined', () => {
  const keys = ['batch_size', 'batch_timeout_ms', 'buffer_size', 'topic'];
  for (const name of ['batch_sise', 'batchSize', 'batch-size', 'batch.size', 'BATCH_SIZE', 'batc_siez']) {
    assert.equal(suggest(name, keys), 'batch_size', name);
  }
  assert.equal(suggest('tpic', keys), 'topic');
});

test('suggests nothing when nothing is close, whatever is asked', () => {
  for (const name of ['', 'x', 'model', 'x'.repeat(100_000)]) {
    assert.equal(suggest(name, ['batch_size', 'topic']), undefined);
  }
});
