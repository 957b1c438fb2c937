import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GuestPool } from '../../../src/infer/guest-pool.ts';
import type { ModelPool, Tensors } from '../../../src/infer/model-pool.ts';
import { PlaceListeners } from '../../../src/infer/place-listeners.ts';
import { gate } from '../../helpers/gate.ts';

/** A pool of two threads and a clock, both driven by the test. */
function rig() {
  const state = { now: 0, hasPlace: true, hasIdleThread: true, running: gate() };
  const listeners = new PlaceListeners();
  const pool: ModelPool = {
    get hasPlace() {
      return state.hasPlace;
    },
    get hasIdleThread() {
      return state.hasIdleThread;
    },
    isStuck: false,
    inFlight: 0,
    onPlace: (listener) => listeners.add(listener),
    tensors: () => ({}) as Tensors,
    run: async () => {
      await state.running.promise;
      return true;
    },
  };
  const guest = new GuestPool({ pool, threads: 2, share: 0.05, now: () => state.now });
  return { state, guest, listeners };
}

test('one batch at a time, at once while a thread is idle', async () => {
  const { state, guest } = rig();
  assert.ok(guest.hasPlace);
  const run = guest.run({} as Tensors, () => undefined);
  assert.equal(guest.hasPlace, false);
  assert.equal(guest.inFlight, 1);
  state.now = 10;
  state.running.resolve();
  await run;
  assert.ok(guest.hasPlace, 'nobody else wants the thread');
});

test('whoever has more batches hears when the first is back, also from a pool that does nothing else', async () => {
  const { state, guest } = rig();
  let places = 0;
  guest.onPlace(() => {
    if (guest.hasPlace) places++;
  });
  const run = guest.run({} as Tensors, () => undefined);
  state.running.resolve();
  await run;
  assert.equal(places, 1);
});

test('a listener that was removed is called neither by the guest nor by the pool behind it', async () => {
  const { state, guest, listeners } = rig();
  let calls = 0;
  const remove = guest.onPlace(() => calls++);
  assert.equal(listeners.size, 1);
  remove();
  assert.equal(listeners.size, 0);
  const run = guest.run({} as Tensors, () => undefined);
  state.running.resolve();
  await run;
  listeners.notify();
  assert.equal(calls, 0);
});

test('while all threads are busy it pauses so long that its share of them is kept', async () => {
  const { state, guest } = rig();
  state.hasIdleThread = false;
  const run = guest.run({} as Tensors, () => undefined);
  state.now = 10;
  state.running.resolve();
  await run;
  // 10 ms of one of two threads are 5 % of 100 ms.
  state.now = 99;
  assert.equal(guest.hasPlace, false);
  state.now = 100;
  assert.ok(guest.hasPlace);
  state.hasPlace = false;
  assert.equal(guest.hasPlace, false, 'and never beyond the places of the pool');
});

test('a run that fails counts as well, and its place comes back', async () => {
  const { state, guest } = rig();
  state.hasIdleThread = false;
  const run = guest.run({} as Tensors, () => undefined);
  state.now = 10;
  state.running.resolve(Promise.reject(new Error('broken')) as never);
  await assert.rejects(run, /broken/);
  assert.equal(guest.inFlight, 0);
  assert.equal(guest.hasPlace, false);
});
