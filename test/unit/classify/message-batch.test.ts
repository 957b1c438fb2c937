/** Which rows go together, for models that do not take every batch. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Batcher } from '../../../src/classify/batcher.ts';
import type { BatchLimits, MessageBatch } from '../../../src/classify/message-batch.ts';
import { SlotTable } from '../../../src/slots.ts';

/** All batches of rows of these lengths; 1,000 ms after they came, so none waits for company. */
function batchesOf(lengths: readonly number[], limits: Partial<BatchLimits>): MessageBatch[] {
  const table = new SlotTable(64);
  const batcher = new Batcher({ rowsMax: 8, tokensMax: 64, ...limits, table, lengthMax: 16, timeoutMs: 50 });
  for (const length of lengths) {
    const slot = table.take({ topic: 't', partition: 0, offset: 0, value: null, size: 0 }, 0);
    table.length[slot] = length;
    batcher.add(slot, 1);
  }
  const batches: MessageBatch[] = [];
  for (let batch = batcher.next(1_000); batch !== undefined; batch = batcher.next(1_000)) batches.push(batch);
  return batches;
}

const lengths = [5, 6, 5, 7, 6, 5, 8, 6, 5];

test('rows of neighbouring lengths go together, unless padding confuses the model', () => {
  const mixed = batchesOf(lengths, {});
  assert.ok(mixed.some((batch) => batch.paddedTokens > batch.tokens));
  const equal = batchesOf(lengths, { equalLengths: true });
  assert.deepEqual(equal.map(({ width, count, tokens }) => [width, count, tokens]).sort(), [
    [5, 4, 20],
    [6, 3, 18],
    [7, 1, 7],
    [8, 1, 8],
  ]);
});

test('a fixed width fills every row up, and rows of all lengths go together', () => {
  const batches = batchesOf(lengths, { widthFixed: 16 });
  assert.deepEqual(
    batches.map(({ width, count }) => [width, count]),
    [
      [16, 4],
      [16, 4],
      [16, 1],
    ],
  );
  const [first] = batches;
  const [left, right] = (first as MessageBatch).halves(() => 5);
  assert.deepEqual([left.width, right.width, left.count + right.count], [16, 16, 4]);
});
