import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { OffsetLedger } from '../../../src/consume/offset-ledger.ts';
import type { HeldBack } from '../../../src/kafka/held-back.ts';
import { HeldBackWatch } from '../../../src/session/held-back-watch.ts';
import { SlotTable } from '../../../src/slots.ts';

const NEVER_MS = 1_000_000;

function scene(t: TestContext, held: Partial<HeldBack> = {}) {
  const table = new SlotTable(8);
  const ledger = new OffsetLedger(table, { topic: 't', partition: 0, committed: 10 }, 0);
  const state = { logEnd: 15, asked: 0, hanging: [] as HeldBack[] };
  const found: HeldBack = {
    ...{ topic: 't', partition: 0, stableOffset: 10, highWatermark: 15, seconds: 60, holder: 'x' },
    ...held,
  };
  const watch = new HeldBackWatch(
    {
      ledgers: () => [ledger],
      logEnd: () => state.logEnd,
      find: async () => {
        state.asked++;
        return [found];
      },
      onHanging: (each) => state.hanging.push(each),
    },
    NEVER_MS,
  );
  t.after(() => watch.close());
  const take = (offset: number): void => {
    const slot = table.take({ topic: 't', partition: 0, offset, value: null, size: 0 }, 0);
    ledger.push(slot, offset);
  };
  return { ledger, watch, state, take };
}

test('a partition that stands before more records for two looks is asked about, and told once', async (t) => {
  const { ledger, watch, state } = scene(t);
  await watch.look();
  assert.deepEqual([state.asked, watch.of(ledger)], [0, undefined], 'it may be about to get them');
  for (let look = 0; look < 3; look++) await watch.look();
  assert.equal(watch.of(ledger)?.stableOffset, 10);
  assert.ok((watch.of(ledger)?.seconds ?? 0) >= 60);
  assert.equal(state.hanging.length, 1);
});

test('where nothing more is there, or messages are in flight, nobody is asked', async (t) => {
  const { watch, state, take } = scene(t);
  state.logEnd = 10;
  for (let look = 0; look < 3; look++) await watch.look();
  state.logEnd = 15;
  take(10);
  for (let look = 0; look < 3; look++) await watch.look();
  assert.equal(state.asked, 0);
});

test('the first record from behind it says that the transaction has ended', async (t) => {
  const { ledger, watch, take } = scene(t);
  for (let look = 0; look < 2; look++) await watch.look();
  assert.notEqual(watch.of(ledger), undefined);
  take(10);
  assert.equal(watch.of(ledger), undefined);
});

test('where nothing before a partition is open, the offsets of the group are looked at', async (t) => {
  const table = new SlotTable(8);
  const ledger = new OffsetLedger(table, { topic: 't', partition: 0, committed: 10 }, 0);
  const held: HeldBack = {
    topic: '__consumer_offsets',
    partition: 3,
    stableOffset: 828,
    highWatermark: 900,
    seconds: 60,
    holder: 'producer 21',
  };
  const told: HeldBack[] = [];
  const watch = new HeldBackWatch(
    {
      ledgers: () => [ledger],
      logEnd: () => 15,
      find: async () => [],
      onHanging: () => assert.fail('the requests are not held back'),
      findInOffsets: async () => held,
      onOffsetsHanging: (each) => told.push(each),
    },
    NEVER_MS,
  );
  t.after(() => watch.close());
  for (let look = 0; look < 4; look++) await watch.look();
  assert.deepEqual(told, [held]);
});

test('a transaction that has just begun is at work, whatever its records say of their time', async (t) => {
  const { ledger, watch, state } = scene(t, { seconds: null });
  for (let look = 0; look < 3; look++) await watch.look();
  assert.ok((watch.of(ledger)?.seconds ?? 99) < 10);
  assert.deepEqual(state.hanging, []);
});
