/** Kafka's first release. An earlier timestamp is a missing one (0, -1) or counts seconds. */
const EARLIEST_MS = Date.UTC(2011, 0, 1);
/** How far the clock of a producer may be ahead of ours. Beyond it a timestamp counts microseconds, or was invented. */
const SKEW_MAX_MS = 60_000;

/**
 * Milliseconds since a record was written, by its timestamp; 0 for a clock that is a little ahead. Producers may write
 * any number there: undefined where it cannot be the time of a record.
 */
export function recordAgeMs(timestamp: number | undefined, nowEpochMs: number): number | undefined {
  if (timestamp === undefined || !(timestamp >= EARLIEST_MS)) return undefined;
  const age = nowEpochMs - timestamp;
  return age < -SKEW_MAX_MS ? undefined : Math.max(0, age);
}
