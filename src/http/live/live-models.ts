import type { CanaryCounts } from '../../metrics/canary-counts.ts';
import type { Counters } from '../../metrics/counters.ts';
import type { Difference, AnswerComparison } from '../../metrics/answer-comparison.ts';

/** Another model beside the one in use, as the live page shows it. */
export interface LiveBeside {
  readonly kind: 'canary' | 'shadow';
  readonly model: string;
  readonly version: string;
  /** Of the keys; null for a shadow, which answers none. */
  readonly share: number | null;
  /** Why a canary answers no more. */
  readonly ended: string | null;
  readonly compared: number;
  readonly skipped: number;
  readonly failed: number;
  /** Of the last 1,000 texts; null before the first. */
  readonly agreement: number | null;
  readonly slowdown: number | null;
  /** The texts that differ most. */
  readonly differences: readonly LiveDifference[];
}

/** By place, with what was answered and what the other of the two models says. */
interface LiveDifference {
  readonly place: string;
  readonly answered: string;
  readonly score: number;
  readonly other: string;
  readonly otherScore: number;
}

export interface LiveModels {
  /** Results of each version since the start. */
  readonly versions: readonly { readonly version: string; readonly results: number }[];
  readonly beside: LiveBeside | null;
}

/** What the models say, for a sample of the live page. */
export function liveModels({ results, shadow, canary }: Counters): LiveModels {
  const versions = results.models.map(({ version, byLabel }) => ({
    version,
    results: byLabel.reduce((sum, count) => sum + count, 0),
  }));
  versions.sort((a, b) => a.version.localeCompare(b.version));
  const beside = canary === undefined ? shadow && ofShadow(shadow) : ofCanary(canary);
  return { versions, beside: beside ?? null };
}

function ofCanary({ model, version, share, endedBy, failed, slowdown, compared }: CanaryCounts): LiveBeside {
  return {
    ...comparison(compared),
    ...{ kind: 'canary', model, version, share, failed },
    ended: endedBy ?? null,
    slowdown: slowdown ?? null,
  };
}

function ofShadow(shadow: AnswerComparison): LiveBeside {
  const { model, version, failed } = shadow;
  return {
    ...comparison(shadow),
    ...{ kind: 'shadow', model, version, share: null, failed, ended: null, slowdown: null },
  };
}

function comparison({ compared, skipped, agreement, differences }: AnswerComparison) {
  return { compared, skipped, agreement: agreement ?? null, differences: differences.map(shown) };
}

function shown({ topic, partition, offset, ...said }: Difference): LiveDifference {
  const { label, score, otherLabel: other, otherScore } = said;
  return { place: `${topic}/${partition}/${offset}`, answered: label, score, other, otherScore };
}
