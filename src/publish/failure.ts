import { Decoder } from '../decode/decoder.ts';
import type { Failure } from '../dead-letter.ts';
import type { RetryTopic, RetryTopics } from '../retry-topics.ts';
import type { SlotTable } from '../slots.ts';
import type { ErrorType, SourceMessage, Stage } from '../types.ts';

const sentences: Partial<Record<ErrorType, string>> = {
  inference_failed: 'The model failed on this message, even on its own.',
  timeout: 'The model did not finish this message in time, even on its own.',
  produce_failed: 'With what it takes along of this message, its result is larger than its topic takes.',
};

/** Why the message of a slot was given up on, in our own words. */
export function failureOf(table: SlotTable, slot: number): Failure {
  const errorType = table.errorTypeOf(slot);
  const status = table.status[slot] as number;
  return {
    errorType,
    message:
      status === 0
        ? (sentences[errorType] ?? 'The message could not be processed.')
        : Decoder.describe(status).message,
    stage: stageOf(errorType, status),
    attempts: table.attempts[slot] as number,
  };
}

/**
 * Whether the same message may succeed later: the model failed on it or was too slow, or its key is not in the keyring
 * yet. What is wrong with the message itself stays wrong.
 */
function mayPass(table: SlotTable, slot: number): boolean {
  const status = table.status[slot] as number;
  const errorType = table.errorTypeOf(slot);
  if (status !== 0) return status === Decoder.encryptionStatus.key;
  return errorType === 'inference_failed' || errorType === 'timeout';
}

/** Where the failed message of a slot waits for another try; undefined: it becomes a dead letter. */
export function retryTopicOf(
  retries: Pick<RetryTopics, 'after'> | undefined,
  table: SlotTable,
  slot: number,
): RetryTopic | undefined {
  return retries !== undefined && mayPass(table, slot)
    ? retries.after(table.message[slot] as SourceMessage)
    : undefined;
}

/** Says more of a value that is no request: what it looks like. */
export function explain(
  failure: Failure,
  message: SourceMessage,
  recognize: ((message: SourceMessage) => string | undefined) | undefined,
): Failure {
  if (failure.errorType !== 'invalid_json' && failure.errorType !== 'invalid_message') return failure;
  const found = recognize?.(message);
  return found === undefined ? failure : { ...failure, message: `${failure.message} ${found}` };
}

function stageOf(errorType: ErrorType, status: number): Stage {
  if (errorType === 'produce_failed') return 'publish';
  return status === 0 ? 'infer' : 'decode';
}
