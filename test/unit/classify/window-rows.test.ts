/** Texts that have several rows: when they are finished, with what, and what a failing row does to them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BACKOFF_MS, LABELS, LENGTH, logits, RETRIES_MAX, rig, SPECIAL_TOKENS } from './classifier-rig.ts';

const ROOM = LENGTH - SPECIAL_TOKENS;

test('a text is finished with its last window: the mean of the logits over its tokens', async (t) => {
  const { pool, table, allScores, seen, classifier, take, outcomeOf } = rig(t, { threads: 2 });
  const slot = take(3, LENGTH - 1);
  classifier.dispatch();
  const rows = [0, 1, 2].map((window) => slot + window * table.capacity);
  const [run] = pool.runs;
  assert.deepEqual(
    [...(run?.slots ?? [])].sort((a, b) => a - b),
    rows,
  );
  const byRow = new Map([
    [rows[0], [0, 4]],
    [rows[1], [1, 0]],
    [rows[2], [0, -3]],
  ]);
  await run?.answer(run.slots.map((row) => byRow.get(row) as number[]));
  // The last window is a token shorter: 3, 3 and 2.
  const tokens = 3 * ROOM - 1;
  const [negative, positive] = [ROOM / tokens, (4 * ROOM - 3 * (ROOM - 1)) / tokens];
  const score = 1 / (1 + Math.exp(negative - positive));
  assert.equal(outcomeOf(slot), 'result');
  assert.equal(table.label[slot], 1);
  assert.ok(Math.abs((table.score[slot] as number) - score) < 1e-6);
  assert.ok(Math.abs((allScores[slot * LABELS + 1] as number) - score) < 1e-6);
  assert.deepEqual(seen.forgotten, [slot]);
});

test('windows that come back in different batches and another order give the same', async (t) => {
  const { pool, table, classifier, take, outcomeOf, pass } = rig(t, { threads: 4 });
  const slot = take(6);
  classifier.dispatch();
  pass(100);
  classifier.dispatch();
  assert.equal(pool.runs.length, 2, 'four rows and two');
  for (const run of [...pool.runs].reverse()) {
    assert.equal(outcomeOf(slot), 'pending');
    await run.answer(run.slots.map((row) => [0, table.windowOf(row)]));
  }
  const mean = (0 + 1 + 2 + 3 + 4 + 5) / 6;
  assert.ok(Math.abs((table.score[slot] as number) - 1 / (1 + Math.exp(-mean))) < 1e-6);
});

test('a window that fails again and again fails its text, once no row of it is out', async (t) => {
  const { pool, table, seen, classifier, take, outcomeOf, pass } = rig(t, { threads: 2 });
  const slot = take(3);
  const other = take();
  const bad = slot + table.capacity;
  classifier.dispatch();
  let steps = 0;
  while ([slot, other].some((each) => outcomeOf(each) === 'pending')) {
    const [next] = pool.runs;
    if (next === undefined) pass(BACKOFF_MS);
    else if (next.slots.includes(bad)) await next.fail();
    else await next.answer(next.slots.map(() => logits));
    assert.ok(++steps < 100, 'it never ends');
  }
  assert.deepEqual([slot, other].map(outcomeOf), ['inference_failed', 'result']);
  assert.equal(table.attempts[slot], 1 + RETRIES_MAX);
  assert.deepEqual(seen.fatal, []);
  table.release(slot);
  table.release(other);
  assert.equal(table.usedCount, 0);
});

test('a window that succeeds at a later try counts as if it had at once', async (t) => {
  const { pool, table, classifier, take, outcomeOf, pass } = rig(t, { threads: 2 });
  const slot = take(2);
  classifier.dispatch();
  await pool.runs[0]?.fail(); // both rows, which then run alone
  await pool.runs[0]?.fail();
  await pool.runs[0]?.answer([logits]);
  assert.equal(outcomeOf(slot), 'pending', 'half of it is no result');
  pass(BACKOFF_MS + 1);
  await pool.runs[0]?.answer([logits]);
  assert.equal(outcomeOf(slot), 'result');
  assert.ok(Math.abs((table.score[slot] as number) - 0.75) < 1e-6);
});

test('once a window has failed, those that wait are not run any more', async (t) => {
  const { pool, classifier, take, outcomeOf } = rig(t, { threads: 1 });
  const slot = take(16);
  classifier.dispatch();
  assert.equal(pool.runs.length, 2, 'two batches of four');
  await pool.runs[0]?.answer([logits, [Number.NaN, 0], logits, logits]);
  let more = 0;
  for (let [run] = pool.runs; run !== undefined; [run] = pool.runs) {
    assert.equal(outcomeOf(slot), 'pending', 'a batch still has rows of it');
    await run.answer(run.slots.map(() => logits));
    more++;
  }
  assert.equal(more, 2, 'the one behind the first, and the one that took its place');
  assert.equal(outcomeOf(slot), 'inference_failed');
  assert.equal(classifier.waiting, 0);
});

test('whoever waits for a text is told, also if its last row was never run', async (t) => {
  const { pool, seen, classifier, take, outcomeOf, pass } = rig(t, { threads: 1, batchSpacingMs: 30 });
  const slot = take(5);
  classifier.dispatch();
  assert.deepEqual([pool.runs.length, classifier.waiting], [1, 1], 'the fifth one waits for company');
  await pool.runs[0]?.answer([[Number.NaN, 0], logits, logits, logits]);
  assert.equal(outcomeOf(slot), 'pending');
  const told = seen.finished;
  pass(31);
  assert.deepEqual([pool.runs.length, classifier.waiting], [0, 0]);
  assert.equal(outcomeOf(slot), 'inference_failed');
  assert.equal(seen.finished, told + 1);
});

test('a text that is dropped is free once all its rows are back', async (t) => {
  const { pool, table, classifier, take, drop } = rig(t, { threads: 1 });
  const slot = take(12);
  classifier.dispatch();
  drop(slot);
  for (const run of [...pool.runs]) {
    assert.equal(table.usedCount, 1);
    await run.answer(run.slots.map(() => logits));
  }
  assert.deepEqual([table.usedCount, pool.runs.length, classifier.waiting], [0, 0, 0]);
});

test('a text that comes alone has a batch for each window', async (t) => {
  const { pool, table, classifier, take, outcomeOf } = rig(t, { threads: 4 });
  const slot = take(3, 4, 'alone');
  classifier.dispatch();
  assert.deepEqual(
    pool.runs.map(({ slots }) => slots),
    [0, 1, 2].map((window) => [slot + window * table.capacity]),
  );
  for (const run of [...pool.runs]) await run.answer([logits]);
  assert.equal(outcomeOf(slot), 'result');
});

test('when everything is given back, waiting windows are dropped with their text', (t) => {
  const { table, classifier, take, drop } = rig(t, { threads: 1 });
  const slots = [take(12), take(3, 4, 'alone')];
  for (const slot of slots) drop(slot);
  classifier.close();
  assert.deepEqual([table.usedCount, classifier.waiting], [0, 0]);
});
