import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SparePool } from '../../../src/shadow/spare-pool.ts';
import { FakePool } from '../../pipeline/fake-pool.ts';

function setUp() {
  const [own, real] = [new FakePool({ threads: 1 }), new FakePool({ threads: 2 })];
  const work = { waits: false };
  const spare = new SparePool({ pool: own, busy: [real], threads: 2, hasWork: () => work.waits });
  const run = (pool: FakePool | SparePool) => pool.run(pool.tensors(1, 4), () => undefined);
  return { own, real, spare, work, run };
}

test('a batch has a place only while a thread of the others is idle and nothing waits for it', async () => {
  const { real, spare, work, run } = setUp();
  assert.equal(spare.hasPlace, true);
  const batches = [run(real)];
  assert.equal(spare.hasPlace, true);
  batches.push(run(real));
  assert.equal(spare.hasPlace, false);
  await Promise.all(batches);
  assert.equal(spare.hasPlace, true);
  work.waits = true;
  assert.equal(spare.hasPlace, false);
});

test('there is one batch at a time', async () => {
  const { spare, run } = setUp();
  const batch = run(spare);
  assert.deepEqual([spare.hasPlace, spare.inFlight], [false, 1]);
  await batch;
  assert.deepEqual([spare.hasPlace, spare.inFlight], [true, 0]);
});

test('a place is announced when a batch of the others comes back, and an own one', async () => {
  const { real, spare, run } = setUp();
  let announced = 0;
  const leave = spare.onPlace(() => announced++);
  await run(real);
  assert.equal(announced, 1);
  await run(spare);
  assert.equal(announced, 2);
  leave();
  await run(real);
  assert.equal(announced, 2);
});
