import { KubesentimentError } from '../errors.ts';
import { type ErrorType, errorTypes } from '../types.ts';
import type { DeadLetter } from '../dead-letter.ts';

/** Selects dead letters. An empty filter selects all of them. */
export interface DlqFilter {
  readonly reasons?: readonly ErrorType[];
  readonly partitions?: readonly number[];
  /** Written at or after this time, milliseconds since 1970. */
  readonly since?: number;
  /** Written before this time. */
  readonly until?: number;
}

/** KS_USAGE for a filter that cannot match anything. */
export function checkFilter(filter: DlqFilter): void {
  if (filter.since !== undefined && filter.until !== undefined && filter.since >= filter.until) {
    throw new KubesentimentError('KS_USAGE', '--since must be before --until.');
  }
  if (filter.since !== undefined && filter.since > Date.now()) {
    throw new KubesentimentError('KS_USAGE', '--since is in the future, so nothing can match.');
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

/** undefined for an unknown reason. */
export function parseReason(text: string): ErrorType | undefined {
  return errorTypes.find((type) => type === text);
}

const unitMs: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * A time as people write it, in milliseconds since 1970: `90s`, `15m`, `2h` or `7d` ago, or an ISO 8601 date.
 * undefined for anything else.
 */
export function parseTime(text: string, now: number): number | undefined {
  const ago = /^(\d{1,9})([smhd])$/.exec(text);
  if (ago !== null) return now - Number(ago[1]) * (unitMs[ago[2] as string] as number);
  if (!/^\d{4}-\d{2}-\d{2}/.test(text)) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}
