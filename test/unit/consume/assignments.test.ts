import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConsumerClient } from '../../../src/clients.ts';
import type { OffsetLedger } from '../../../src/consume/offset-ledger.ts';
import { Assignments } from '../../../src/consume/assignments.ts';
import { SlotTable } from '../../../src/slots.ts';

const [first, second] = [{ index: 0 }, { index: 1 }] as [ConsumerClient, ConsumerClient];
const partition = { topic: 't', partition: 3 };
const LONG_MS = 60_000;

function create(drainTimeoutMs = LONG_MS) {
  const table = new SlotTable(16);
  const events: string[] = [];
  const assignments = new Assignments({
    table,
    drainTimeoutMs,
    onRebalance: (kind, partitions, dropped) => events.push(`${kind} ${partitions}, dropped ${dropped}`),
    onUnreadable: ({ offset }) => events.push(`unreadable ${offset}`),
    onFatal: (error) => events.push(`fatal ${error.message}`),
  });
  const ledger = (consumer: ConsumerClient): OffsetLedger => {
    const found = assignments.find(consumer, 't', 3);
    assert.ok(found !== undefined);
    return found;
  };
  const take = (consumer: ConsumerClient, offset: number): number => {
    const slot = table.take({ ...partition, offset, value: null, size: 0 }, 0);
    ledger(consumer).push(slot, offset);
    return slot;
  };
  const finish = (slot: number): void => {
    table.start(slot);
    table.finish(slot, 0, 1);
  };
  return { table, events, assignments, ledger, take, finish };
}

const isPending = async (promise: Promise<unknown>): Promise<boolean> =>
  Promise.race([promise.then(() => false), new Promise<true>((resolve) => setTimeout(resolve, 20, true))]);

test('a partition is given back when everything taken from it is committed', async () => {
  const { table, events, assignments, ledger, take, finish } = create();
  assignments.assigned(first, [partition]);
  const held = ledger(first);
  const slot = take(first, 5);
  const revoked = assignments.revoked(first, [partition], false);
  assert.equal(held.state, 'draining');
  assert.equal(await isPending(revoked), true);
  finish(slot);
  held.takeFinished(new Int32Array(4), 0, 4);
  held.commit();
  await revoked;
  assert.equal(held.state, 'released');
  assert.equal(assignments.find(first, 't', 3), undefined);
  assert.equal(table.usedCount, 0);
  assert.deepEqual(events, ['assigned 1, dropped 0', 'revoked 1, dropped 0']);
});

test('a batch that cannot be read is told once, and holds until the partition goes on', () => {
  const { events, assignments, ledger, take } = create();
  const batch = { ...partition, offset: 7, codec: 'zstd', reason: 'damaged' };
  assignments.unreadable(first, batch); // of a partition that is not ours any more
  assignments.assigned(first, [partition]);
  for (let i = 0; i < 3; i++) assignments.unreadable(first, batch);
  take(first, 6);
  assert.equal(ledger(first).unreadable, batch);
  take(first, 8);
  assert.equal(ledger(first).unreadable, undefined);
  assert.deepEqual(events, ['assigned 1, dropped 0', 'unreadable 7']);
});

test('after the time for it what is left is dropped', async () => {
  const { table, events, assignments, take, finish } = create(5);
  assignments.assigned(first, [partition]);
  const [done, running] = [take(first, 5), take(first, 6)];
  finish(done);
  await assignments.revoked(first, [partition], false);
  assert.equal(events[1], 'revoked 1, dropped 2');
  assert.equal(table.isFinished(done), false);
  assert.equal(table.isUnwanted(running), true, 'a batch still holds it');
  assert.equal(table.usedCount, 1);
});

test('a partition is not given back in the middle of its transaction, not even a lost one', async () => {
  const { assignments, ledger, take, finish } = create();
  assignments.assigned(first, [partition]);
  finish(take(first, 5));
  const held = ledger(first);
  held.takeFinished(new Int32Array(4), 0, 4);
  const revoked = assignments.revoked(first, [partition], true);
  assert.equal(held.state, 'lost');
  assert.equal(await isPending(revoked), true);
  held.abort();
  await revoked;
  assert.equal(held.state, 'released');
});

test('what is committed while the group is asked for offsets is asked for, too', async () => {
  const table = new SlotTable(16);
  const assignments = new Assignments({
    table,
    drainTimeoutMs: 20,
    onRebalance: () => undefined,
    onForgotten: () => undefined,
    onFatal: (error) => assert.fail(error),
  });
  const asked: number[] = [];
  let answer: () => void = () => undefined;
  const consumer = {
    index: 0,
    forgotten: async (offsets: readonly { offset: number }[]) => {
      asked.push(...offsets.map(({ offset }) => offset));
      if (asked.length === 1) await new Promise<void>((resolve) => (answer = resolve));
      return [];
    },
  } as unknown as ConsumerClient;
  assignments.assigned(consumer, [{ ...partition, start: 5 }]);
  const ledger = assignments.find(consumer, 't', 3) as OffsetLedger;
  const slot = table.take({ ...partition, offset: 5, value: null, size: 0 }, 0);
  ledger.push(slot, 5);
  const revoked = assignments.revoked(consumer, [partition], false);
  while (asked.length === 0) await isPending(revoked);
  // The message comes too late to be waited for, and goes with the results of other partitions.
  table.start(slot);
  table.finish(slot, 0, 1);
  ledger.takeFinished(new Int32Array(4), 0, 4);
  ledger.commit();
  answer();
  await revoked;
  assert.deepEqual(asked, [5, 6]);
});

test('where a partition may have another log, the group keeps the offset that it has', async () => {
  const assignments = new Assignments({
    table: new SlotTable(16),
    drainTimeoutMs: LONG_MS,
    onRebalance: () => undefined,
    onForgotten: () => undefined,
    onFatal: (error) => assert.fail(error),
  });
  const forgotten = async () => assert.fail('it is not asked');
  const consumer = { index: 0, forgotten } as unknown as ConsumerClient;
  assignments.assigned(consumer, [{ ...partition, start: 5 }]);
  assignments.doubt(consumer, partition);
  await assignments.restore(consumer);
  await assignments.revoked(consumer, [partition], false);
});

test('a consumer that the group has forgotten has nothing to drain', async () => {
  const { assignments, ledger, take } = create();
  assignments.assigned(first, [partition]);
  take(first, 5);
  assignments.fenced(first);
  assert.equal(ledger(first).state, 'held', 'it may still turn out to be a member');
  await assignments.revoked(first, [partition], false);

  assignments.assigned(first, [partition]);
  take(first, 5);
  const revoked = assignments.revoked(first, [partition], false);
  assert.equal(await isPending(revoked), true, 'a new assignment is a new membership');
  assignments.fenced(first);
  await revoked;
});

test('two consumers of this process never share a ledger', async () => {
  const { assignments, ledger, take } = create();
  assignments.assigned(first, [partition]);
  take(first, 50);
  // The group has forgotten the first one, which does not know it yet, and goes on reading.
  assignments.assigned(second, [partition]);
  assert.notEqual(ledger(first), ledger(second));
  take(first, 51);
  assert.equal(ledger(second).isNew(40), true);
  take(second, 40);
  assert.deepEqual([...assignments.ledgers()].length, 2);
  await assignments.revoked(first, [partition], true);
  assert.equal(assignments.find(first, 't', 3), undefined);
  assert.equal(ledger(second).state, 'held');
  assert.deepEqual(assignments.of(second), [ledger(second)]);
});

test('after a fatal error nothing is waited for', async () => {
  const { assignments, ledger, take } = create();
  assignments.assigned(first, [partition]);
  take(first, 5);
  const drained = assignments.drain([...assignments.ledgers()], LONG_MS);
  const revoked = assignments.revoked(first, [partition], false);
  assert.equal(await isPending(revoked), true);
  const held = ledger(first);
  assignments.abandon();
  assert.equal(held.state, 'lost');
  await Promise.all([revoked, drained]);

  assignments.assigned(second, [partition]);
  take(second, 5);
  await assignments.revoked(second, [partition], false);
});

test('a revoke of partitions that are not held is no error', async () => {
  const { events, assignments } = create();
  await assignments.revoked(first, [partition], false);
  assert.deepEqual(events, ['revoked 1, dropped 0']);
  assignments.fatal(new Error('x'));
  assert.equal(events[1], 'fatal x');
});
