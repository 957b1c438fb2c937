/** When a batch waits for company, and when it does not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits, logits, rig } from './classifier-rig.ts';

const batchSpacingMs = 20;

test('a row that comes alone goes at once, one that follows closely waits for others', async (t) => {
  const { pool, classifier, batch, take, pass } = rig(t, { threads: 2, batchSpacingMs });
  const { slots } = batch(1);
  assert.deepEqual(pool.runs[0]?.slots, slots);
  pass(5);
  const second = [take()];
  classifier.dispatch();
  assert.equal(pool.runs.length, 1, 'although a thread is idle');
  pass(14);
  second.push(take());
  classifier.dispatch();
  assert.equal(pool.runs.length, 1);
  pass(1);
  assert.deepEqual(pool.runs[1]?.slots, second);
});

test('a full batch waits for nobody, and the next spacing begins with it', async (t) => {
  const { pool, classifier, batch, take, pass } = rig(t, { threads: 3, batchSpacingMs });
  batch(1);
  pass(5);
  assert.equal(batch(limits.rowsMax).run.slots.length, limits.rowsMax);
  take();
  classifier.dispatch();
  pass(19);
  assert.equal(pool.runs.length, 2);
  pass(1);
  assert.equal(pool.runs.length, 3);
});

test('a row waits no longer than batch_timeout_ms', async (t) => {
  const { pool, classifier, batch, take, pass } = rig(t, { threads: 2, batchSpacingMs: 3_600_000 });
  batch(1);
  take();
  pass(50);
  classifier.dispatch();
  assert.equal(pool.runs.length, 2);
});

test('a batch that failed does not wait', async (t) => {
  const { pool, batch } = rig(t, { batchSpacingMs });
  const { slots, run } = batch(2);
  await run.fail();
  const again = pool.runs.flatMap((half) => half.slots);
  assert.deepEqual(again, slots);
});

test('the pace learns of every change in the number of running batches, failures included', async (t) => {
  const { pool, batch, seen } = rig(t, { threads: 2 });
  const { run } = batch(1);
  batch(1);
  await run.fail();
  while (pool.runs.length > 0) await pool.runs[0]?.answer([logits]);
  assert.deepEqual(seen.inFlight.slice(0, 3), [1, 2, 1]);
  assert.equal(seen.inFlight.at(-1), 0);
});

test('nothing is handed over after the end', async (t) => {
  const { pool, classifier, batch, take, drop, pass } = rig(t, { threads: 2, batchSpacingMs });
  batch(1);
  const slot = take();
  classifier.dispatch();
  drop(slot);
  classifier.close();
  pass(batchSpacingMs);
  assert.equal(pool.runs.length, 1);
});
