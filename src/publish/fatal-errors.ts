import { type ErrorCode, KubesentimentError } from '../errors.ts';

/**
 * Errors that no repetition mends. A topic that does not take our records (rights, size, too few replicas, not there)
 * is none of them: its partitions wait until someone has mended it, and nothing is passed over.
 */
const fatalCodes: ReadonlySet<ErrorCode> = new Set(['KS_KAFKA_FATAL', 'KS_PRODUCER_FENCED', 'KS_INTERNAL']);

/** The error itself where trying again may help; otherwise it is thrown. */
export function passingError(error: unknown): KubesentimentError {
  if (error instanceof KubesentimentError && !fatalCodes.has(error.code)) return error;
  throw error;
}
