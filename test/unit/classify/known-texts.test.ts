/** What is looked up where, with the real table and a cache of this test. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KnownTexts } from '../../../src/classify/known-texts.ts';
import { Counters } from '../../../src/metrics/counters.ts';
import { SlotTable } from '../../../src/slots.ts';

const LABELS = 2;

/** Knows the slots in `known`, with logits that name them. */
function rig(known: (slot: number) => boolean) {
  const table = new SlotTable(1_000);
  const counters = new Counters();
  const seen = {
    lookups: [] as number[],
    classified: [] as [number, number][],
    answered: [] as [number, number][],
    forgotten: [] as number[],
    kept: [] as number[],
  };
  const texts = new KnownTexts({
    ...{ table, counters, labels: LABELS },
    decoder: {
      findCached: (slots, count, logits, found) => {
        seen.lookups.push(count);
        for (let i = 0; i < count; i++) {
          const slot = slots[i] as number;
          found[i] = known(slot) ? 1 : 0;
          logits[i * LABELS] = slot;
        }
        return found.subarray(0, count).reduce((sum, each) => sum + each, 0);
      },
      keepCached: (rows, count) => void seen.kept.push(...rows.subarray(0, count)),
      keepCachedTexts: (slots, count) => void seen.kept.push(...slots.subarray(0, count)),
      forgetWindows: (slot) => void seen.forgotten.push(slot),
    },
    classify: (slot, priority) => void seen.classified.push([slot, priority]),
    answer: (slot, _priority, logits, at) => void seen.answered.push([slot, logits[at] as number]),
  });
  const take = (windows = 1): number => {
    const slot = table.take({ topic: 't', partition: 0, offset: 0, value: null, size: 0 }, 0);
    table.windows[slot] = windows;
    return slot;
  };
  return { table, counters, seen, texts, take };
}

test('known texts are answered, others go on with their priority, in their order', () => {
  const { texts, seen, counters, take } = rig((slot) => slot % 2 === 1);
  for (let i = 0; i < 6; i++) texts.add(take(), (i % 3) as 0 | 1 | 2);
  assert.deepEqual([seen.classified, seen.answered], [[], []]);
  texts.look();
  assert.deepEqual(seen.classified, [
    [0, 0],
    [2, 2],
    [4, 1],
  ]);
  assert.deepEqual(seen.answered, [
    [1, 1],
    [3, 3],
    [5, 5],
  ]);
  assert.deepEqual([counters.cacheHits, counters.cacheMisses, seen.lookups], [3, 3, [6]]);
});

test('any number of rows at a time, and no look-up without one', () => {
  const { texts, seen, take } = rig(() => false);
  texts.look();
  for (let i = 0; i < 600; i++) texts.add(take(), 1);
  texts.look();
  texts.look();
  assert.deepEqual(seen.lookups, [256, 256, 88]);
  assert.deepEqual(
    seen.classified.map(([slot]) => slot),
    Array.from({ length: 600 }, (_, slot) => slot),
  );
});

test('the windows of a text that is known are forgotten', () => {
  const { texts, seen, take } = rig((slot) => slot < 2);
  for (const windows of [1, 3, 3]) texts.add(take(windows), 1);
  texts.look();
  assert.deepEqual([seen.forgotten, seen.classified], [[1], [[2, 1]]]);
});

test('what is kept does not disturb what waits to be looked up', () => {
  const { texts, seen, take } = rig(() => true);
  texts.add(take(), 1);
  texts.keepText(7, Float32Array.of(1, 2));
  texts.keep(Int32Array.of(8, 9), 2, new Float32Array(4));
  texts.look();
  assert.deepEqual([seen.kept, seen.answered], [[7, 8, 9], [[0, 0]]]);
});
