import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withTimeout } from '../../src/timing.ts';

const never = new Promise<number>(() => undefined);

test('what comes in time counts, a rejection too', async () => {
  const onTimeout = () => assert.fail('too early');
  assert.equal(await withTimeout(Promise.resolve(7), 60_000, onTimeout), 7);
  await assert.rejects(withTimeout(Promise.reject(new Error('own')), 60_000, onTimeout), { message: 'own' });
});

test('after the time is over the caller goes on with what it wanted then', async () => {
  assert.equal(await withTimeout(never, 5, () => 'late'), 'late');
  const late = () => {
    throw new Error('late');
  };
  await assert.rejects(withTimeout(never, 5, late), { message: 'late' });
});
