import { KubesentimentError } from '../errors.ts';
import { type ErrorType, errorTypes } from '../types.ts';
import type { DeadLetter } from '../dead-letter.ts';

/** Which dead letters are meant. An empty filter means all of them. */
export interface DlqFilter {
  readonly reasons?: readonly ErrorType[];
  readonly partitions?: readonly number[];
  /** Written at or after, milliseconds since 1970. */
  readonly since?: number;
  /** Written before. */
  readonly until?: number;
}

/** KS_USAGE for what can match nothing. */
export function checkFilter(filter: DlqFilter): void {
  if (filter.since !== undefined && filter.until !== undefined && filter.since >= filter.until) {
    throw new KubesentimentError('KS_USAGE', 'The time of --since is not before that of --until.');
  }
  if (filter.since !== undefined && filter.since > Date.now()) {
    throw new KubesentimentError('KS_USAGE', 'The time of --since is still to come: nothing can match.');
  }
}

export function matches(filter: DlqFilter, letter: DeadLetter): boolean {
  const { reasons, partitions, since, until } = filter;
  if (reasons !== undefined && (letter.reason === undefined || !reasons.includes(letter.reason)))
    return false;
  if (partitions !== undefined && !partitions.includes(letter.partition)) return false;
  if (since !== undefined && letter.timestamp < since) return false;
  return until === undefined || letter.timestamp < until;
}

/** Undefined when it is none. */
export function parseReason(text: string): ErrorType | undefined {
  return errorTypes.find((type) => type === text);
}

const unitMs: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * A time as people write it: `90s`, `15m`, `2h`, `7d` ago, or a date that ISO 8601 allows, in milliseconds since
 * 1970. Undefined when it is neither.
 */
export function parseTime(text: string, now: number): number | undefined {
  const ago = /^(\d{1,9})([smhd])$/.exec(text);
  if (ago !== null) return now - Number(ago[1]) * (unitMs[ago[2] as string] as number);
  if (!/^\d{4}-\d{2}-\d{2}/.test(text)) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}
