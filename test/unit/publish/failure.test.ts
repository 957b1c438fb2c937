import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Decoder } from '../../../src/decode/decoder.ts';
import { retryTopicOf } from '../../../src/publish/failure.ts';
import { RetryTopics } from '../../../src/retry-topics.ts';
import { SlotTable } from '../../../src/slots.ts';
import { type ErrorType, errorTypes } from '../../../src/types.ts';

const retries = new RetryTopics({ topics: ['t'], delays: ['1m'], group: 'g' });

/** Whether a message that failed like this is put off. `status`: of the decoder. */
function isPutOff(errorType: ErrorType, status = 0): boolean {
  const table = new SlotTable(1);
  const slot = table.take({ topic: 't', partition: 0, offset: 0, value: null, size: 0 }, 0);
  table.status[slot] = status;
  table.reject(slot, errorType);
  return retryTopicOf(retries, table, slot) !== undefined;
}

test('what the model could not do may pass, what is wrong with the message does not', () => {
  assert.deepEqual(
    errorTypes.filter((type) => isPutOff(type)),
    ['inference_failed', 'timeout'],
  );
  const { key, token, forged, utf8 } = Decoder.encryptionStatus;
  assert.deepEqual(
    [key, token, forged, utf8].map((status) => isPutOff('decrypt_failed', status)),
    [true, false, false, false],
  );
  assert.equal(isPutOff('internal', Decoder.stalledStatus), false);
});

test('without retry topics everything is a dead letter at once', () => {
  const table = new SlotTable(1);
  const slot = table.take({ topic: 't', partition: 0, offset: 0, value: null, size: 0 }, 0);
  table.reject(slot, 'timeout');
  assert.equal(retryTopicOf(undefined, table, slot), undefined);
});
