import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unreadableBatch } from '../../../src/kafka/unreadable.ts';

const place = { topic: 't', partition: 3, offset: 17 };

test('an error that names a partition says which batch cannot be read, and why', () => {
  const detail = 'Decompression (codec 0x4) of message at 17 of 99 bytes failed: Local: Not implemented';
  assert.deepEqual(unreadableBatch({ code: -170, message: 'not implemented', detail, ...place }), {
    ...place,
    codec: 'zstd',
    reason: 'this librdkafka was built without its compression',
  });
  assert.equal(unreadableBatch({ code: -199, detail: 'failed CRC32C check', ...place })?.codec, 'none');
});

test('an error without a place, and an error of another kind, is not one of a batch', () => {
  assert.equal(unreadableBatch({ code: -198, message: 'invalid compressed data' }), undefined);
  assert.equal(unreadableBatch({ code: -195, message: 'broker transport failure', ...place }), undefined);
  assert.equal(unreadableBatch(undefined), undefined);
});
