import type { Facts } from './facts.ts';
import { milliseconds, several } from './words.ts';

/** What waits for less than this, at the rate of these seconds, is on its way. */
const ON_ITS_WAY_S = 0.5;

/** Whether messages have waited in Kafka all the time. */
export function isBehind({ backlog, committedPerS, isWatched }: Facts): boolean {
  return isWatched && backlog > ON_ITS_WAY_S * committedPerS;
}

/** Whether what is taken is not committed within the target. */
export function isLate({ p95Ms, targetMs, isWatched }: Facts): boolean {
  return isWatched && p95Ms > targetMs;
}

/** What it shows in. */
export function symptom(facts: Facts): string {
  const { backlog, p95Ms, targetMs } = facts;
  if (isBehind(facts)) return `At least ${several(backlog, 'message')} wait in Kafka.`;
  return `p95 of the processing time is ${milliseconds(p95Ms)}, latency_target_ms is ${targetMs}.`;
}
