import { type ErrorCode, KubesentimentError } from '../errors.ts';

/**
 * Errors that retrying cannot fix. A topic that rejects our records (permissions, size, too few replicas, missing) is
 * not one of them: its partitions wait until someone fixes it, and nothing is skipped.
 */
const fatalCodes: ReadonlySet<ErrorCode> = new Set(['KS_KAFKA_FATAL', 'KS_PRODUCER_FENCED', 'KS_INTERNAL']);

/** Returns the error if retrying may help; otherwise throws it. */
export function passingError(error: unknown): KubesentimentError {
  if (error instanceof KubesentimentError && !fatalCodes.has(error.code)) return error;
  throw error;
}
