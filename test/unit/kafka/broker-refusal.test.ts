import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KubesentimentError } from '../../../src/errors.ts';
import { throwIfRefused } from '../../../src/kafka/broker-refusal.ts';

function refusalOf(code: number, message: string | null = null): KubesentimentError {
  try {
    throwIfRefused(code, 'Changing the topic a', message);
  } catch (error) {
    assert.ok(error instanceof KubesentimentError);
    return error;
  }
  return assert.fail('it is no error');
}

test('the code of an answer becomes a sentence, with what the broker says beside it', () => {
  throwIfRefused(0, 'Changing the topic a', 'all is well');
  const forbidden = refusalOf(29);
  assert.equal(forbidden.code, 'KS_NOT_AUTHORIZED');
  assert.equal(
    forbidden.message,
    'Changing the topic a failed: the user may not do that to the topic (error 29).',
  );
  assert.match(String(forbidden.remedy), /administrator/);
  const invalid = refusalOf(40, 'Invalid value lots');
  assert.deepEqual([invalid.code, invalid.exitCode], ['KS_USAGE', 2]);
  assert.match(invalid.message, /\(error 40, "Invalid value lots"\)\.$/);
  assert.equal(refusalOf(6).retryable, true);
  assert.deepEqual([refusalOf(-1).code, refusalOf(999).code], ['KS_KAFKA_FATAL', 'KS_KAFKA_FATAL']);
});
