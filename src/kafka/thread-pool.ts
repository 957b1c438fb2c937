/** Of libuv, unless UV_THREADPOOL_SIZE says otherwise. */
const SIZE_DEFAULT = 4;
/** Blocking calls besides one for each consumer: transaction, metadata, files. */
const SPARE = 4;

/**
 * Threads of libuv's pool, in which calls of librdkafka wait. Only the variable says how many: libuv reads it at the
 * first use of the pool. A program that sets it later is believed.
 */
export function threadPoolSize(): number {
  return Number(process.env['UV_THREADPOOL_SIZE'] ?? SIZE_DEFAULT);
}

/** Half of the threads, and some, stay free when the polls of this many consumers wait for messages. */
export const mayPollsWait = (consumers: number): boolean => threadPoolSize() >= 2 * consumers + SPARE;

/** With fewer threads, calls of that many consumers wait for each other. */
export const threadPoolWanted = (consumers: number): number => consumers + SPARE;
