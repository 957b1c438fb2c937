/** What goes from the first model to the second. The pools are in the hands of the test. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Batcher } from '../../../src/classify/batcher.ts';
import { Cascade, type StageModel } from '../../../src/classify/cascade.ts';
import { Counters } from '../../../src/metrics/counters.ts';
import { SlotTable } from '../../../src/slots.ts';
import { LABELS, LENGTH, limits } from './classifier-rig.ts';
import { ManualPool } from './manual-pool.ts';

const FIRST = 1;
const SECOND = 2;
/** Scores of 0.75 and 0.6. */
const [sure, unsure] = [Math.log(3), Math.log(1.5)];

function rig(t: TestContext, { threads = 1, unreadable = [] as readonly number[] } = {}) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const table = new SlotTable(16);
  const [first, second] = [new ManualPool(threads), new ManualPool(threads)];
  const modelOf = (edition: number, pool: ManualPool): StageModel => ({
    edition,
    pool,
    batcher: new Batcher({ ...limits, table, lengthMax: 16, timeoutMs: 50 }),
    decoder: { pack: () => undefined, specialTokens: 2, forgetWindows: () => undefined },
    settings: { limits, labels: LABELS, retriesMax: 0, retryBackoffMs: 1 },
  });
  const reread: number[][] = [];
  const rereader = {
    read: (slots: Int32Array): void => {
      reread.push([...slots]);
      for (const slot of slots) table.status[slot] = unreadable.includes(slot) ? 9 : 0;
    },
  };
  const secondStage = { below: 0.7, model: modelOf(SECOND, second), rereader };
  const cascade = new Cascade(modelOf(FIRST, first), secondStage, {
    table,
    counters: new Counters(),
    pace: { batchSpacingMs: 1_000_000, note: () => undefined },
    progress: [],
    onFatal: (error) => assert.fail(String(error)),
  });
  const take = (how: 'alone' | 'queued' = 'queued'): number => {
    const slot = table.take({ topic: 't', partition: 0, offset: 0, value: null, size: 0 }, performance.now());
    table.length[slot] = LENGTH;
    table.edition[slot] = FIRST;
    if (how === 'alone') cascade.addAlone(slot);
    else cascade.add(slot, 1);
    return slot;
  };
  return { table, first, second, cascade, take, reread };
}

test('texts below are asked again of the second model, at once, under its edition', async (t) => {
  const { table, first, second, cascade, take, reread } = rig(t);
  for (let round = 0; round < 2; round++) {
    const slots = Array.from({ length: limits.rowsMax }, () => take()); // a full batch
    const last = slots[limits.rowsMax - 1] as number;
    cascade.dispatch();
    await first.runs[0]?.answer(slots.map((slot) => [0, slot === last ? unsure : sure]));
    for (const slot of slots)
      assert.deepEqual(
        [table.isResult(slot), table.edition[slot]],
        slot === last ? [false, SECOND] : [true, FIRST],
      );
    assert.deepEqual(reread[round], [last]);
    assert.equal(second.runs.length, 1); // whatever the spacing of batches is
    await second.runs[0]?.answer([[unsure, 0]]);
    assert.deepEqual([table.isResult(last), table.label[last], cascade.hasRows], [true, 0, false]);
  }
});

test('what cannot be read again keeps its first answer', async (t) => {
  const { table, first, second, cascade, take } = rig(t, { unreadable: [0] });
  const slot = take();
  cascade.dispatch();
  await first.runs[0]?.answer([[0, unsure]]);
  assert.deepEqual([table.isResult(slot), table.label[slot], table.status[slot]], [true, 1, 0]);
  assert.ok(Math.abs((table.score[slot] as number) - 0.6) < 1e-6);
  assert.deepEqual([table.edition[slot], second.runs.length], [FIRST, 0]);
});

test('a message that must be alone is alone in both models', async (t) => {
  const { first, second, cascade, take } = rig(t, { threads: 2 });
  const slots = [take('alone'), take('alone')];
  cascade.dispatch();
  assert.equal(first.runs.length, slots.length);
  for (const run of [...first.runs]) await run.answer([[0, unsure]]);
  assert.equal(second.runs.length, slots.length);
});

test('a slot that was dropped meanwhile is not asked again', async (t) => {
  const { table, first, second, cascade, take, reread } = rig(t);
  const slot = take();
  cascade.dispatch();
  table.drop(slot);
  await first.runs[0]?.answer([[0, unsure]]);
  assert.equal(table.usedCount, 0);
  assert.deepEqual([reread, second.runs.length], [[], 0]);
});

test('a waiting row of the second model counts for as many messages as came with it', async (t) => {
  const { first, cascade, take } = rig(t);
  for (let batch = 0; batch < 2; batch++) {
    for (let i = 0; i < limits.rowsMax; i++) take();
    cascade.dispatch();
    // Half of them. Those of the first batch are in the thread of the second model, the others wait for it.
    await first.runs[0]?.answer([sure, sure, unsure, unsure].map((logit) => [0, logit]));
  }
  assert.deepEqual([cascade.waiting, cascade.queued], [2, 4]);
});

test('so does one whose text the first model has known', (t) => {
  const { table, second, cascade } = rig(t);
  for (let i = 0; i < 6; i++) {
    const slot = table.take({ topic: 't', partition: 0, offset: i, value: null, size: 0 }, performance.now());
    table.length[slot] = LENGTH;
    cascade.answer(slot, 1, Float32Array.of(0, i % 2 === 0 ? unsure : sure), 0);
  }
  // The first two are with the thread of the second model, or next.
  assert.deepEqual([second.runs.length, cascade.waiting, cascade.queued], [1, 2, 4]);
});
