import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PlaceListeners } from '../../../src/infer/place-listeners.ts';

test('each listener is called until it is removed, and the same function may listen twice', () => {
  const listeners = new PlaceListeners();
  let calls = 0;
  const count = (): void => void calls++;
  const removeFirst = listeners.add(count);
  const removeSecond = listeners.add(count);
  listeners.notify();
  assert.equal(calls, 2);
  removeFirst();
  removeFirst();
  assert.equal(listeners.size, 1);
  listeners.notify();
  assert.equal(calls, 3);
  removeSecond();
  listeners.notify();
  assert.equal(calls, 3);
});

test('a listener may remove itself while it is called', () => {
  const listeners = new PlaceListeners();
  const calls: string[] = [];
  const removeFirst = listeners.add(() => {
    calls.push('first');
    removeFirst();
  });
  listeners.add(() => calls.push('second'));
  listeners.notify();
  listeners.notify();
  assert.deepEqual(calls, ['first', 'second', 'second']);
});

test('a thousand listeners that come and go leave none', () => {
  const listeners = new PlaceListeners();
  for (let i = 0; i < 1_000; i++) listeners.add(() => undefined)();
  assert.equal(listeners.size, 0);
});
