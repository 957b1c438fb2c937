import { Decoder } from '../decode/decoder.ts';
import type { Failure } from '../dead-letter.ts';
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
