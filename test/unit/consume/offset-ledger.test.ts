import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { OffsetLedger } from '../../../src/consume/offset-ledger.ts';
import { SlotTable } from '../../../src/slots.ts';
import type { SourceMessage } from '../../../src/types.ts';

const message = (offset: number): SourceMessage => ({
  topic: 't',
  partition: 0,
  offset,
  value: null,
  size: 1,
});

function ledgerWith(offsets: readonly number[]): { table: SlotTable; ledger: OffsetLedger; slots: number[] } {
  const table = new SlotTable(4096);
  const ledger = new OffsetLedger(table, { topic: 't', partition: 0 }, 0);
  const slots = offsets.map((offset) => {
    const slot = table.take(message(offset), 0);
    ledger.push(slot, offset);
    return slot;
  });
  return { table, ledger, slots };
}

const finish = (table: SlotTable, slot: number | undefined): void => {
  table.finish(slot as number, 0, 1);
};

test('a finished message waits for an unfinished one before it', () => {
  const { table, ledger, slots } = ledgerWith([10, 11, 12]);
  const out = new Int32Array(8);
  finish(table, slots[1]);
  assert.equal(ledger.takeFinished(out, 0, 8), 0);
  finish(table, slots[0]);
  assert.equal(ledger.takeFinished(out, 0, 8), 2);
  assert.deepEqual([...out.subarray(0, 2)], [slots[0], slots[1]]);
  assert.deepEqual(ledger.nextOffset(), { topic: 't', partition: 0, offset: 12 });
});

test('an aborted cycle gives the same messages to the next one', () => {
  const { table, ledger, slots } = ledgerWith([5, 6]);
  for (const slot of slots) finish(table, slot);
  const out = new Int32Array(8);
  assert.equal(ledger.takeFinished(out, 0, 1), 1);
  ledger.abort();
  assert.equal(ledger.takeFinished(out, 0, 8), 2);
  ledger.commit();
  assert.equal(ledger.committedOffset, 7);
  assert.equal(ledger.span, 0);
  assert.equal(table.usedCount, 0);
});

test('an offset that was taken before is not new, gaps are no problem', () => {
  const { ledger } = ledgerWith([3, 9]);
  assert.equal(ledger.isNew(9), false);
  assert.equal(ledger.isNew(4), false);
  assert.equal(ledger.isNew(100), true);
  assert.throws(() => ledger.push(0, 9), { code: 'KS_INTERNAL' });
});

test('a released ledger frees finished slots and marks the others, which a batch still holds', () => {
  const { table, ledger, slots } = ledgerWith([0, 1, 2]);
  finish(table, slots[0]);
  table.start(slots[1] as number);
  ledger.release();
  assert.equal(table.usedCount, 2);
  assert.equal(table.isUnwanted(slots[1] as number), true);
  assert.equal(table.isUnwanted(slots[2] as number), true);
  assert.equal(ledger.hasFinished, false);
});

test('the end of the partition is committed once nothing before it is in flight', () => {
  const { table, ledger, slots } = ledgerWith([5, 6]);
  const out = new Int32Array(8);
  ledger.reachEnd(9);
  assert.deepEqual([ledger.position, ledger.hasBareEnd], [5, false]);
  finish(table, slots[0]);
  assert.equal(ledger.takeFinished(out, 0, 8), 1);
  assert.equal(ledger.nextOffset().offset, 6, 'a message lies between');
  ledger.commit();
  finish(table, slots[1]);
  assert.equal(ledger.takeFinished(out, 0, 8), 1);
  assert.equal(ledger.nextOffset().offset, 9);
  ledger.commit();
  assert.deepEqual([ledger.committedOffset, ledger.position, ledger.hasBareEnd], [9, 9, false]);
});

test('an end without messages is committed by itself, and again after an abort', () => {
  const ledger = new OffsetLedger(new SlotTable(8), { topic: 't', partition: 0, committed: 3 }, 0);
  assert.deepEqual([ledger.committedOffset, ledger.hasBareEnd], [3, false]);
  ledger.reachEnd(3);
  assert.equal(ledger.hasBareEnd, false, 'the group has it');
  ledger.reachEnd(2_000);
  for (const ends of ['abort', 'commit'] as const) {
    assert.equal(ledger.hasBareEnd, true);
    assert.equal(ledger.takeFinished(new Int32Array(8), 0, 8), 0);
    assert.deepEqual([ledger.inTransaction, ledger.nextOffset().offset], [true, 2_000]);
    ledger[ends]();
    assert.equal(ledger.inTransaction, false);
  }
  assert.deepEqual([ledger.committedOffset, ledger.hasBareEnd], [2_000, false]);
});

test('messages that come while an end is committed are not committed with it', () => {
  const table = new SlotTable(8);
  const ledger = new OffsetLedger(table, { topic: 't', partition: 0, start: 0 }, 0);
  ledger.reachEnd(10);
  ledger.takeFinished(new Int32Array(8), 0, 8);
  ledger.push(table.take(message(10), 0), 10);
  ledger.reachEnd(20);
  assert.equal(ledger.nextOffset().offset, 10);
  ledger.commit();
  assert.deepEqual([ledger.committedOffset, ledger.position, ledger.hasBareEnd], [10, 10, false]);
});

test('a partition that is given back, and may have dropped messages, reaches no end', () => {
  const ledger = new OffsetLedger(new SlotTable(8), { topic: 't', partition: 0, start: 0 }, 0);
  ledger.giveBack();
  ledger.reachEnd(10);
  assert.deepEqual([ledger.hasBareEnd, ledger.position], [false, 0]);
});

/** Random interleavings of taking, finishing, publishing and aborting, against a plain model. */
test('the committed offset never passes an unfinished message and never goes back', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('take' as const), gap: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ kind: fc.constant('finish' as const), which: fc.nat(50) }),
    fc.record({
      kind: fc.constant('cycle' as const),
      max: fc.integer({ min: 1, max: 20 }),
      aborts: fc.boolean(),
    }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const table = new SlotTable(512);
      const ledger = new OffsetLedger(table, { topic: 't', partition: 0 }, 0);
      const open: { slot: number; offset: number }[] = [];
      const published: number[] = [];
      const taken: number[] = [];
      let offset = -1;
      let committed = -1;
      for (const each of steps) {
        if (each.kind === 'take') {
          offset += each.gap;
          const slot = table.take(message(offset), 0);
          ledger.push(slot, offset);
          open.push({ slot, offset });
          taken.push(offset);
        } else if (each.kind === 'finish') {
          const [entry] = open.splice(each.which % Math.max(1, open.length), 1);
          if (entry) finish(table, entry.slot);
        } else {
          const out = new Int32Array(512);
          const count = ledger.takeFinished(out, 0, each.max);
          const offsets = Array.from(out.subarray(0, count), (slot) => table.message[slot]?.offset as number);
          if (each.aborts) ledger.abort();
          else if (count > 0) {
            const next = ledger.nextOffset().offset;
            assert.ok(next > committed);
            assert.ok(open.every((entry) => entry.offset >= next));
            committed = next;
            ledger.commit();
            published.push(...offsets);
          }
        }
      }
      assert.deepEqual(published, taken.slice(0, published.length));
      assert.equal(ledger.span, taken.length - published.length);
    }),
    { numRuns: 300 },
  );
});

/**
 * Random completion orders, transactions and rebalances, against a plain model of the partition: each assignment has a
 * ledger of its own and reads on at what the group has committed.
 */
test('over rebalances too: nothing unfinished is passed, nothing goes back, each record is published once', () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('take' as const) }) },
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('finish' as const), which: fc.nat(50) }) },
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant('begin' as const), max: fc.integer({ min: 1, max: 9 }) }),
    },
    { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('commit' as const, 'abort' as const) }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('rebalance' as const), isCommitted: fc.boolean() }),
    },
  );
  const gaps = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 60, maxLength: 60 });
  fc.assert(
    fc.property(gaps, fc.array(step, { maxLength: 200 }), (distances, steps) => {
      let end = -1;
      const log = distances.map((distance) => (end += distance)); // offsets that exist: markers and compaction between
      const table = new SlotTable(256);
      const out = new Int32Array(256);
      let ledger = new OffsetLedger(table, { topic: 't', partition: 0 }, 0);
      let running: { slot: number; offset: number }[] = [];
      let inTransaction: number[] = [];
      let committed = 0;
      let position = 0;
      const published: number[] = [];
      const endTransaction = (isCommitted: boolean): void => {
        if (inTransaction.length === 0) return;
        if (isCommitted) {
          const next = ledger.nextOffset().offset;
          assert.ok(next > committed, 'goes back');
          assert.ok(
            running.every(({ offset }) => offset >= next),
            'passes an unfinished record',
          );
          committed = next;
          published.push(...inTransaction);
          ledger.commit();
          assert.equal(ledger.committedOffset, next);
        } else ledger.abort();
        inTransaction = [];
      };
      for (const each of steps) {
        if (each.kind === 'take') {
          const offset = log.find((one) => one >= position);
          if (offset === undefined) continue;
          position = offset + 1;
          const slot = table.take(message(offset), 0);
          ledger.push(slot, offset);
          table.start(slot);
          running.push({ slot, offset });
        } else if (each.kind === 'finish') {
          const [entry] = running.splice(each.which % Math.max(1, running.length), 1);
          if (entry) finish(table, entry.slot);
        } else if (each.kind === 'begin' && inTransaction.length === 0) {
          const count = ledger.takeFinished(out, 0, each.max);
          inTransaction = Array.from(out.subarray(0, count), (slot) => table.message[slot]?.offset as number);
        } else if (each.kind === 'commit' || each.kind === 'abort') endTransaction(each.kind === 'commit');
        else if (each.kind === 'rebalance') {
          endTransaction(each.isCommitted); // a partition leaves only after its transaction
          ledger.release();
          assert.throws(() => ledger.push(0, end + 1), { code: 'KS_INTERNAL' }); // the old epoch takes nothing
          for (const { slot } of running) {
            finish(table, slot); // the batch that holds it lets it go
          }
          running = [];
          ledger = new OffsetLedger(table, { topic: 't', partition: 0 }, 0);
          position = committed;
          assert.equal(table.usedCount, 0);
        }
      }
      assert.deepEqual(published, log.slice(0, published.length));
    }),
    { numRuns: 500 },
  );
});
