import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageBatch } from '../../../src/classify/message-batch.ts';
import { FailedBatches } from '../../../src/classify/failed-batches.ts';

function batchOf(...slots: number[]): MessageBatch {
  const batch = new MessageBatch({ rowsMax: 8, tokensMax: 100 });
  for (const slot of slots) batch.add(slot, 5);
  return batch;
}

test('batches come back in order, none before its time, empty ones never', () => {
  const failed = new FailedBatches();
  const [later, now, also] = [batchOf(1, 2), batchOf(3), batchOf(4)];
  failed.add(later, 100);
  failed.add(now, 0);
  failed.add(batchOf(), 0);
  failed.add(also, 0);
  assert.equal(failed.rows, 4);
  assert.equal(failed.next(50), now);
  assert.equal(failed.next(50), also);
  assert.equal(failed.next(99), undefined);
  assert.equal(failed.next(100), later);
  assert.equal(failed.next(1_000), undefined);
  assert.equal(failed.rows, 0);
});
