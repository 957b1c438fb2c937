import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OffsetLedger } from '../../../src/consume/offset-ledger.ts';
import { type SchemaWaiter, SchemaWaiters } from '../../../src/consume/schema-waiters.ts';
import { SlotTable } from '../../../src/slots.ts';

const ledger = {} as OffsetLedger; // only handed on
const idOf = (id: number) => Buffer.from([0, 0, 0, 0, id]);

function parts() {
  const table = new SlotTable(16);
  const wanted: string[] = [];
  const resumed: (readonly [slots: number[], isMarked: boolean])[] = [];
  let settle: (id: string) => void = () => undefined;
  const schemas = {
    want: async (id: Buffer) => void wanted.push(id.toString('latin1')),
    listen: (listener: (id: string) => void) => {
      settle = listener;
      return () => (settle = () => undefined);
    },
  };
  const waiters = new SchemaWaiters({
    table,
    schemas,
    countMax: 3,
    resume: (some: readonly SchemaWaiter[], isMarked) =>
      resumed.push([some.map(({ slot }) => slot), isMarked]),
  });
  const add = (id: number, isMarked = false): number => {
    const message = {
      topic: 't',
      partition: 0,
      offset: 0,
      value: Buffer.concat([idOf(id), Buffer.alloc(1)]),
      size: 6,
    };
    const slot = table.take(message, 0);
    waiters.add({ slot, ledger, isMarked });
    return slot;
  };
  return {
    table,
    waiters,
    wanted,
    resumed,
    add,
    settle: (id: number) => settle(idOf(id).toString('latin1')),
  };
}

test('a schema is asked for once; then its messages go on in their order, a marked one alone', () => {
  const { waiters, wanted, resumed, add, settle } = parts();
  const slots = [add(1), add(1), add(1), add(1), add(1, true), add(1)];
  const other = add(2);
  assert.deepEqual(
    wanted,
    [idOf(1), idOf(2)].map((id) => id.toString('latin1')),
  );
  assert.equal(waiters.count, 7);
  settle(1);
  assert.deepEqual(resumed, [
    [slots.slice(0, 3), false],
    [slots.slice(3, 4), false],
    [slots.slice(4, 5), true],
    [slots.slice(5), false],
  ]);
  assert.equal(waiters.count, 1);
  settle(2);
  assert.deepEqual(resumed.at(-1), [[other], false]);
  settle(2);
  assert.equal(waiters.count, 0);
  assert.equal(resumed.length, 5);
  waiters.close();
});

test('a message whose partition was given back frees its slot, and does not go on', () => {
  const { table, waiters, resumed, add, settle } = parts();
  const [dropped, kept] = [add(1), add(1)];
  table.drop(dropped);
  settle(1);
  assert.deepEqual(resumed, [[[kept], false]]);
  assert.equal(table.usedCount, 1);

  table.drop(add(2));
  waiters.close();
  assert.equal(waiters.count, 0);
  assert.equal(table.usedCount, 1);
});
