import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pauses } from '../../src/pauses.ts';

const places = ['a/0', 'a/1', 'b/0'];

function pausedOf(pauses: Pauses): string[] {
  return places.filter((name) => {
    const [topic = '', partition] = name.split('/');
    return pauses.has({ topic, partition: Number(partition) });
  });
}

test('all, a topic, a partition; the last word about a partition counts', () => {
  const pauses = new Pauses();
  assert.deepEqual(pausedOf(pauses), []);
  pauses.pause({ topic: 'a', partition: 1 });
  assert.deepEqual(pausedOf(pauses), ['a/1']);
  pauses.pause({});
  assert.deepEqual(pausedOf(pauses), places);
  pauses.resume({ topic: 'a' });
  assert.deepEqual(pausedOf(pauses), ['b/0']);
  pauses.pause({ topic: 'a', partition: 0 });
  assert.deepEqual(pausedOf(pauses), ['a/0', 'b/0']);
  pauses.resume({ partition: 0 });
  assert.deepEqual(pausedOf(pauses), []);
});

test('resuming what is not paused leaves the rest paused', () => {
  const pauses = new Pauses();
  pauses.pause({ topic: 'a' });
  pauses.resume({ topic: 'b' });
  assert.deepEqual(pausedOf(pauses), ['a/0', 'a/1']);
  pauses.resume({});
  assert.deepEqual(pausedOf(pauses), []);
});
