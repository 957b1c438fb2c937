import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cases, damage, Random } from './generator.ts';

test('there are at least 100,000 cases', () => {
  const total = Object.values(cases).reduce((sum, count) => sum + count, 0);
  assert.ok(total >= 100_000, `${total}`);
});

test('cases are different ones, and the same in every run', () => {
  const make = (): string[] => {
    const random = new Random('values');
    const original = Buffer.from('{"text":"a text"}');
    return Array.from({ length: 1000 }, () => damage(random, original, original).toString('hex'));
  };
  const first = make();
  assert.deepEqual(make(), first);
  assert.ok(new Set(first).size > 600, `${new Set(first).size}`);
});
