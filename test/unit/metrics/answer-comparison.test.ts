import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AnswerComparison } from '../../../src/metrics/answer-comparison.ts';

function one(offset: number, isSame: boolean, distance = 0.5) {
  const place = { topic: 't', partition: 0, offset };
  return { ...place, label: 'A', score: 0.9, otherLabel: isSame ? 'A' : 'B', otherScore: 0.6, distance };
}

test('the agreement is that of the last thousand texts', () => {
  const counts = new AnswerComparison({ name: 'm', version: 'v' });
  assert.equal(counts.agreement, undefined);
  for (let i = 0; i < 500; i++) counts.add(one(i, i % 5 > 0));
  assert.equal(counts.agreement, 0.8);
  for (let i = 0; i < 1_000; i++) counts.add(one(i, i % 4 > 0));
  assert.equal(counts.agreement, 0.75);
  assert.deepEqual([counts.compared, counts.agreed, counts.differed], [1_500, 1_150, 350]);
  assert.equal(counts.distance.count, 1_500);
});

test('the twenty texts that differ most are kept, the farthest first', () => {
  const counts = new AnswerComparison({ name: 'm', version: 'v' });
  for (let i = 0; i < 100; i++) counts.add(one(i, true, ((i * 37) % 100) / 100));
  const distances = counts.differences.map(({ distance }) => distance);
  assert.deepEqual(
    distances,
    Array.from({ length: 20 }, (_, i) => (99 - i) / 100),
  );
});
