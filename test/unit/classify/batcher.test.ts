import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Batcher } from '../../../src/classify/batcher.ts';
import { type Priority, SlotTable } from '../../../src/slots.ts';

const limits = { rowsMax: 32, tokensMax: 512, lengthMax: 128, timeoutMs: 100 };

interface Row {
  readonly length: number;
  readonly takenAt?: number;
  readonly priority?: Priority;
}

function batcherWith(rows: readonly Row[]): { table: SlotTable; batcher: Batcher; slots: number[] } {
  const table = new SlotTable(Math.max(1, rows.length));
  const batcher = new Batcher({ ...limits, table });
  const slots = rows.map(({ length, takenAt = 0, priority = 1 }, offset) => {
    const slot = table.take({ topic: 't', partition: 0, offset, value: null, size: 0 }, takenAt);
    table.length[slot] = length;
    batcher.add(slot, priority);
    return slot;
  });
  return { table, batcher, slots };
}

test('rows of like length go together', () => {
  const lengths = [5, 90, 5, 91, 5, 90];
  const { batcher, table } = batcherWith(lengths.map((length) => ({ length })));
  const batches = [batcher.next(0), batcher.next(0)];
  const found = batches.map((batch) =>
    [...(batch?.slots.subarray(0, batch.count) ?? [])].map((s) => table.length[s]),
  );
  assert.deepEqual(found, [
    [5, 5, 5],
    [90, 90, 91],
  ]);
  assert.equal(batcher.next(0), undefined);
});

test('a message that waited too long is in the next batch, even if a fuller one could be made', () => {
  const rows: Row[] = [
    { length: 100, takenAt: 0 },
    ...Array.from({ length: 60 }, () => ({ length: 10, takenAt: 99 })),
  ];
  const { batcher, slots } = batcherWith(rows);
  assert.equal(batcher.next(50)?.slots.includes(slots[0] as number), false);
  assert.equal(batcher.next(100)?.slots[0], slots[0]);
});

test('a batch that would only stand ready behind a busy worker must be worth it', () => {
  const { batcher } = batcherWith([{ length: 10 }, { length: 10 }]);
  assert.equal(batcher.next(10, true), undefined);
  assert.equal(batcher.next(100, true)?.count, 2);
});

test('high priority goes first, low priority is not starved', () => {
  const rows: Row[] = [
    { length: 10, takenAt: 0, priority: 2 },
    { length: 40, takenAt: 50 },
    { length: 120, takenAt: 60, priority: 0 },
  ];
  const { batcher, slots } = batcherWith(rows);
  const order = [0, 1, 2].map(() => batcher.next(200)?.slots[0]);
  assert.deepEqual(order, [slots[2], slots[1], slots[0]]);
});

test('dropped slots are freed when they come up, and are in no batch', () => {
  const { batcher, table, slots } = batcherWith([{ length: 8 }, { length: 8 }]);
  table.drop(slots[0] as number);
  const batch = batcher.next(0);
  assert.equal(batch?.count, 1);
  assert.equal(batch?.slots[0], slots[1]);
  assert.equal(table.usedCount, 1);
});

test('every row comes out once, within the limits, whatever the lengths', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 2, max: 128 }), { minLength: 1, maxLength: 400 }), (lengths) => {
      const { batcher, slots, table } = batcherWith(lengths.map((length) => ({ length })));
      const seen: number[] = [];
      for (let batch = batcher.next(0); batch !== undefined; batch = batcher.next(0)) {
        assert.ok(batch.count > 0 && batch.count <= limits.rowsMax);
        assert.ok(batch.count === 1 || batch.paddedTokens <= limits.tokensMax);
        const rows = [...batch.slots.subarray(0, batch.count)];
        assert.equal(batch.width, Math.max(...rows.map((slot) => table.length[slot] as number)));
        seen.push(...rows);
      }
      assert.deepEqual(
        seen.sort((a, b) => a - b),
        slots.sort((a, b) => a - b),
      );
      assert.equal(batcher.queued, 0);
    }),
  );
});

test('a row without tokens is refused: it would fit into no batch', () => {
  const table = new SlotTable(4);
  const batcher = new Batcher({ table, lengthMax: 8, timeoutMs: 10, rowsMax: 4, tokensMax: 32 });
  const slot = table.take({ topic: 't', partition: 0, offset: 0, value: null, size: 0 }, 0);
  assert.throws(() => batcher.add(slot, 0), { code: 'KS_INTERNAL' });
  assert.equal(batcher.queued, 0);
});
