/** What becomes of the rows of a batch, whatever happens to it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KubesentimentError } from '../../../src/errors.ts';
import { BACKOFF_MS, LABELS, LENGTH, logits, RETRIES_MAX, rig, timeout } from './classifier-rig.ts';

test('each row gets the label with the largest logit, its probability, and the scores of all labels', async (t) => {
  const { table, allScores, counters, seen, batch, outcomeOf } = rig(t);
  const { slots, run } = batch(2);
  const [first, second] = slots as [number, number];
  assert.deepEqual(run.slots, slots);
  // Without subtracting the largest logit, the second row would overflow.
  await run.answer([
    [Math.log(3), 0],
    [1_000, 1_000 + Math.log(4)],
  ]);
  assert.deepEqual(slots.map(outcomeOf), ['result', 'result']);
  assert.deepEqual([table.label[first], table.label[second]], [0, 1]);
  const close = (actual: number | undefined, expected: number): void =>
    assert.ok(Math.abs((actual as number) - expected) < 1e-4, `${actual}, not ${expected}`);
  close(table.score[first], 0.75);
  close(table.score[second], 0.8);
  for (const [i, score] of [0.75, 0.25].entries()) close(allScores[first * LABELS + i], score);
  for (const [i, score] of [0.2, 0.8].entries()) close(allScores[second * LABELS + i], score);
  assert.deepEqual([counters.batchRows.count, counters.realTokens], [1, 2 * LENGTH]);
  assert.deepEqual(seen.traces, [[2, undefined]]);
  assert.equal(seen.finished, 1);
});

test('the one bad row of a batch is found by halving; the others do not pay for it', async (t) => {
  const { pool, table, seen, batch, outcomeOf, pass } = rig(t, { threads: 2 });
  const { slots, run } = batch(4);
  const bad = slots[2] as number;
  await run.fail();
  let steps = 0;
  while (slots.some((slot) => outcomeOf(slot) === 'pending')) {
    const [next] = pool.runs;
    if (next === undefined) pass(BACKOFF_MS);
    else if (next.slots.includes(bad)) await next.fail();
    else await next.answer(next.slots.map(() => logits));
    assert.ok(++steps < 100, 'it never ends');
  }
  assert.deepEqual(slots.map(outcomeOf), ['result', 'result', 'inference_failed', 'result']);
  // 4 rows, then 2, then alone: once, and once for each retry.
  assert.deepEqual(seen.failures, [4, 2, 1, ...Array(RETRIES_MAX).fill(1)]);
  assert.deepEqual(
    slots.map((slot) => table.attempts[slot]),
    [1, 1, 1 + RETRIES_MAX, 1],
  );
  assert.deepEqual(seen.fatal, []);
});

test('a row that fails alone is tried again after a pause that doubles, and not before', async (t) => {
  const { pool, counters, batch, outcomeOf, pass } = rig(t);
  const { slots, run } = batch(1);
  await run.fail();
  for (const waitMs of [100, 200, 400]) {
    pass(waitMs - 1);
    assert.equal(pool.inFlight, 0, `not before ${waitMs} ms`);
    pass(2);
    assert.equal(pool.inFlight, 1, `after ${waitMs} ms`);
    assert.deepEqual(slots.map(outcomeOf), ['pending']);
    await pool.runs[0]?.fail();
  }
  assert.deepEqual(slots.map(outcomeOf), ['inference_failed']);
  assert.equal(counters.messagesRetried, RETRIES_MAX);
});

test('a retry that succeeds is a result', async (t) => {
  const { pool, table, batch, outcomeOf, pass } = rig(t);
  const { slots, run } = batch(1);
  await run.fail();
  pass(BACKOFF_MS + 1);
  await pool.runs[0]?.answer([logits]);
  assert.deepEqual(slots.map(outcomeOf), ['result']);
  assert.equal(table.attempts[slots[0] as number], 2);
});

test('a row that times out again and again is a dead letter that says so', async (t) => {
  const { pool, batch, outcomeOf, pass } = rig(t);
  const { slots, run } = batch(1);
  await run.fail(timeout);
  for (let retry = 1; retry <= RETRIES_MAX; retry++) {
    pass(BACKOFF_MS * 2 ** RETRIES_MAX);
    await pool.runs[0]?.fail(timeout);
  }
  assert.deepEqual(slots.map(outcomeOf), ['timeout']);
});

test('an error that cannot go away is not tried again', async (t) => {
  const { counters, batch, outcomeOf } = rig(t);
  const { slots, run } = batch(1);
  await run.fail(new KubesentimentError('KS_STATE', 'Not retryable.'));
  assert.deepEqual(slots.map(outcomeOf), ['inference_failed']);
  assert.equal(counters.messagesRetried, 0);
});

test('NaN or infinite logits are a dead letter for their row only, without a retry', async (t) => {
  const { pool, counters, batch, outcomeOf } = rig(t);
  const { slots, run } = batch(4);
  await run.answer([logits, [Number.NaN, 1], [1, Number.NaN], [Number.POSITIVE_INFINITY, 0]]);
  assert.deepEqual(slots.map(outcomeOf), ['result', ...Array(3).fill('inference_failed')]);
  assert.deepEqual([counters.messagesRetried, pool.inFlight], [0, 0]);
});

test('slots that are dropped while their batch runs are released when it is back, whatever came of it', async (t) => {
  const { pool, table, counters, batch, drop, outcomeOf } = rig(t);
  const { slots, run } = batch(3);
  drop(slots[0] as number);
  drop(slots[1] as number);
  await run.answer([logits, [Number.NaN, 0], logits]);
  assert.deepEqual(slots.map(outcomeOf), ['free', 'free', 'result']);
  const alone = batch(1);
  drop(alone.slots[0] as number);
  await alone.run.fail();
  assert.deepEqual(alone.slots.map(outcomeOf), ['free']);
  assert.equal(table.usedCount, 1, 'no slot is lost and none is released twice');
  assert.deepEqual([counters.messagesRetried, pool.inFlight], [0, 0]);
});

test('a slot that is dropped while it waits for its retry is released after that one', async (t) => {
  const { pool, table, batch, drop, pass } = rig(t);
  const { slots, run } = batch(1);
  await run.fail();
  drop(slots[0] as number);
  pass(BACKOFF_MS + 1);
  await pool.runs[0]?.fail();
  assert.deepEqual([table.usedCount, pool.inFlight], [0, 0]);
});

test('a batch that only stood behind a slow one runs again as it is, and has not failed', async (t) => {
  const { pool, table, counters, seen, batch, outcomeOf } = rig(t);
  const { slots, run } = batch(3);
  await run.handBack();
  assert.deepEqual(
    pool.runs.map((again) => again.slots),
    [slots],
  );
  assert.deepEqual([seen.failures, seen.finished, counters.batchRows.count], [[], 0, 0]);
  await pool.runs[0]?.answer(slots.map(() => logits));
  assert.deepEqual(slots.map(outcomeOf), ['result', 'result', 'result']);
  assert.deepEqual(
    slots.map((slot) => table.attempts[slot]),
    [1, 1, 1],
  );
});

test('behind a busy thread only a batch that is worth it stands ready, and batches that failed go first', async (t) => {
  const { pool, classifier, take, batch, pass } = rig(t);
  const { run } = batch(1);
  const waiting = take();
  classifier.dispatch();
  assert.equal(pool.inFlight, 1, 'more rows may still come');
  assert.equal(classifier.waiting, 1);
  pass(50);
  classifier.dispatch();
  assert.deepEqual(pool.runs[1]?.slots, [waiting], 'it has waited long enough');
  const last = take();
  await pool.runs[1]?.handBack();
  await run.answer([logits]);
  assert.deepEqual(pool.runs[0]?.slots, [waiting]);
  await pool.runs[0]?.answer([logits]);
  assert.deepEqual(pool.runs[0]?.slots, [last]);
});

test('when the pool is stuck, the classifier ends the run instead of trying again', async (t) => {
  const { pool, seen, batch, outcomeOf } = rig(t);
  const { slots, run } = batch(2);
  pool.isStuck = true;
  await run.fail(timeout);
  assert.equal(seen.fatal.length, 1);
  const [fatal] = seen.fatal as [KubesentimentError];
  assert.equal(fatal.code, 'KS_INFERENCE_TIMEOUT');
  assert.equal(fatal.cause, timeout);
  assert.deepEqual(slots.map(outcomeOf), ['pending', 'pending']);
});

test('an error of programming is fatal and never an outcome of a message', async (t) => {
  const { seen, batch, outcomeOf } = rig(t);
  const { slots, run } = batch(2);
  const error = new TypeError('undefined is not a function');
  await run.fail(error);
  assert.deepEqual(seen.fatal, [error]);
  assert.deepEqual(seen.traces, [[2, error]]);
  assert.deepEqual(slots.map(outcomeOf), ['pending', 'pending']);
});
