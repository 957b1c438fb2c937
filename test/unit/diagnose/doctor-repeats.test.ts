import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeRepeats } from '../../../src/diagnose/doctor-repeats.ts';

const texts = (count: number, different: number): string[] =>
  Array.from({ length: count }, (_, i) => `text ${i % different}`);

test('the share of texts that had come before, and what a cache would make of it', () => {
  const { status, detail } = judgeRepeats(texts(1_000, 600), false);
  assert.equal(status, 'ok');
  assert.match(detail, /^of the last 1000 texts, 40\.0 % had come before/);
  assert.match(detail, /model\.cache_bytes \(off\) would answer at least so many/);
  assert.match(judgeRepeats(texts(1_000, 600), true).detail, /cache_bytes answers at least so many/);
  assert.match(judgeRepeats(texts(1_000, 990), false).detail, /1\.0 %.*would gain little/);
});

test('a few texts tell nothing', () => {
  assert.match(judgeRepeats(texts(99, 2), false).detail, /only 99 texts/);
});
