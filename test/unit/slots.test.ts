/** The life of a slot, against the picture in src/slots.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SlotTable } from '../../src/slots.ts';

type Verb =
  | 'start'
  | 'finish'
  | 'reject'
  | 'passOver'
  | 'drop'
  | 'collect'
  | 'release'
  | 'rowDone'
  | 'split3';

const verbs: Record<Verb, (table: SlotTable, slot: number) => unknown> = {
  start: (table, slot) => table.start(slot),
  finish: (table, slot) => table.finish(slot, 1, 0.5),
  reject: (table, slot) => table.reject(slot, 'timeout'),
  passOver: (table, slot) => table.passOver(slot),
  drop: (table, slot) => table.drop(slot),
  collect: (table, slot) => table.collect(slot),
  release: (table, slot) => table.release(slot),
  rowDone: (table, slot) => table.rowDone(slot),
  split3: (table, slot) => {
    table.windows[slot] = 3;
    table.split(slot);
  },
};

function tableWith(path: readonly Verb[]): { table: SlotTable; slot: number } {
  const table = new SlotTable(2);
  const slot = table.take({ topic: 't', partition: 0, offset: 7, value: null, size: 10 }, 0);
  for (const verb of path) verbs[verb](table, slot);
  return { table, slot };
}

/** How a test sees the state from outside. */
function stateOf({ table, slot }: { table: SlotTable; slot: number }): string {
  if (table.usedCount === 0) return 'free';
  if (table.isUnwanted(slot)) return 'unwanted';
  if (table.isResult(slot)) return 'result';
  if (table.isDeadLetter(slot)) return 'dead letter';
  if (table.isPassedOver(slot)) return 'passedOver';
  assert.equal(table.isFinished(slot), false);
  return 'in flight';
}

const paths: [path: readonly Verb[], state: string][] = [
  [[], 'in flight'],
  [['start'], 'in flight'],
  [['start', 'finish'], 'result'],
  [['start', 'reject'], 'dead letter'],
  [['reject'], 'dead letter'],
  [['passOver'], 'passedOver'],
  [['start', 'finish', 'release'], 'free'],
  [['drop'], 'unwanted'],
  [['start', 'drop'], 'unwanted'],
  [['start', 'finish', 'drop'], 'free'],
  [['passOver', 'drop'], 'free'],
  // Whoever comes across a dropped slot frees it by the verb it would have used anyway.
  [['drop', 'start'], 'free'],
  [['drop', 'collect'], 'free'],
  [['start', 'drop', 'finish'], 'free'],
  [['start', 'drop', 'reject'], 'free'],
  [['collect'], 'in flight'],
  [['start', 'finish', 'collect'], 'result'],
  // With three rows, the slot moves on with the last one that comes back.
  [['split3', 'start', 'start', 'start', 'rowDone', 'rowDone'], 'in flight'],
  [['split3', 'start', 'start', 'start', 'rowDone', 'rowDone', 'finish'], 'result'],
  [['split3', 'start', 'reject'], 'unwanted'],
  [['split3', 'start', 'reject', 'start'], 'unwanted'],
  [['split3', 'start', 'reject', 'start', 'start'], 'dead letter'],
  [['split3', 'start', 'start', 'start', 'reject', 'reject', 'rowDone'], 'dead letter'],
  [['split3', 'start', 'start', 'start', 'rowDone', 'rowDone', 'reject'], 'dead letter'],
  [['split3', 'drop', 'collect', 'collect'], 'unwanted'],
  [['split3', 'drop', 'collect', 'collect', 'collect'], 'free'],
  [['split3', 'start', 'start', 'drop', 'rowDone', 'reject', 'start'], 'free'],
  [['split3', 'start', 'reject', 'drop', 'collect', 'collect'], 'free'],
];

for (const [path, state] of paths) {
  test(`take ${path.join(' ')}: ${state}`, () => {
    const found = tableWith(path);
    assert.equal(stateOf(found), state);
    assert.equal(found.table.bytes, state === 'free' ? 0 : 10);
  });
}

const bugs: (readonly Verb[])[] = [
  ['start', 'start'],
  ['start', 'finish', 'finish'],
  ['start', 'finish', 'reject'],
  ['passOver', 'start'],
  ['start', 'finish', 'release', 'release'],
  ['reject', 'release', 'finish'],
  ['start', 'split3'],
];

for (const path of bugs) {
  test(`take ${path.join(' ')}: a bug`, () => {
    assert.throws(() => tableWith(path), { code: 'KS_INTERNAL' });
  });
}

test('a dropped slot is in no batch, and what a batch says of it is not kept', () => {
  const { table, slot } = tableWith(['drop']);
  assert.equal(table.start(slot), false);
  assert.equal(table.message[slot], undefined);
});

test('a full table gives no slot; one that is released is taken again', () => {
  const { table, slot } = tableWith(['reject']);
  const message = { topic: 't', partition: 0, offset: 8, value: null, size: 1 };
  assert.notEqual(table.take(message, 0), -1);
  assert.equal(table.take(message, 0), -1);
  assert.equal(table.errorTypeOf(slot), 'timeout');
  table.release(slot);
  assert.equal(table.take(message, 0), slot);
  assert.equal(table.attempts[slot], 1);
});

test('a message that is never decoded knows nothing of the windows of the text before it', () => {
  const { table, slot } = tableWith(['split3', 'drop', 'collect', 'collect', 'collect']);
  assert.equal(table.take({ topic: 't', partition: 0, offset: 8, value: null, size: 0 }, 0), slot);
  assert.equal(table.windows[slot], 1);
});

test('rows of further windows have numbers of their own, and all but the last are of one length', () => {
  const { table, slot } = tableWith(['split3']);
  table.length[slot] = 8;
  table.lastLength[slot] = 5;
  const rows = [0, 1, 2].map((window) => slot + window * table.capacity);
  assert.deepEqual(
    rows.map((row) => [table.slotOf(row), table.windowOf(row), table.lengthOf(row)]),
    [
      [slot, 0, 8],
      [slot, 1, 8],
      [slot, 2, 5],
    ],
  );
  assert.equal(table.tokensOf(slot), 21);
});

test('a text that failed keeps the reason of the window that failed first', () => {
  const { table, slot } = tableWith(['split3', 'start', 'start', 'start', 'rowDone']);
  table.reject(slot, 'timeout');
  table.reject(slot, 'inference_failed');
  assert.equal(table.errorTypeOf(slot), 'timeout');
});
