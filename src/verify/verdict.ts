import type { HeldBack } from '../kafka/held-back.ts';
import type { DeliveryReport } from './tally.ts';

/** Whether the promise of `delivery` was kept; unknown: nothing contradicts it, and not everything could be seen. */
export type Verdict = 'kept' | 'broken' | 'unknown';

interface Facts extends DeliveryReport {
  readonly delivery: 'exactly_once' | 'at_least_once';
  readonly heldBack: readonly HeldBack[];
}

export function verdictOf(facts: Facts, outputTopics: readonly string[]): Verdict {
  const { delivery, lost, duplicated, both, outOfOrder, unknown, stuck, tooOld, onlyOfOthers, heldBack } =
    facts;
  // The record of a request that looks lost may be among those that nobody can read.
  const hidesOutput = heldBack.some(({ topic }) => outputTopics.includes(topic));
  const broken = [
    ...(hidesOutput ? [] : [lost]),
    ...(delivery === 'exactly_once' ? [duplicated, both, outOfOrder, unknown] : []),
  ];
  if (broken.some(({ count }) => count > 0)) return 'broken';
  const isInDoubt = heldBack.length > 0 || [stuck, tooOld, onlyOfOthers].some(({ count }) => count > 0);
  return isInDoubt ? 'unknown' : 'kept';
}
