import { type Command, InvalidArgumentError } from 'commander';
import { type DlqFilter, parseReason, parseTime } from '../dead-letters/filter.ts';
import { errorTypes } from '../types.ts';
import { type CommonOptions, index, withSettings } from './common.ts';

export interface FilterOptions extends CommonOptions {
  readonly reason?: DlqFilter['reasons'];
  readonly partition?: readonly number[];
  readonly since?: number;
  readonly until?: number;
  readonly json?: boolean;
}

/** Options that select dead letters. */
export function withFilters(command: Command): Command {
  return withSettings(command)
    .option('--reason <type>', `repeatable: ${errorTypes.join(', ')}`, collectReason)
    .option('--partition <n>', 'only this partition of the dead-letter topic; repeatable', collectIndex)
    .option(
      '--since <time>',
      'only those written since then: 15m, 2h, 7d (ago) or a date (2026-01-31T12:00Z)',
      time,
    )
    .option('--until <time>', 'written before', time);
}

export function filterOf({ reason, partition, since, until }: FilterOptions): DlqFilter {
  return {
    ...(reason !== undefined && { reasons: reason }),
    ...(partition !== undefined && { partitions: partition }),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
  };
}

function collectReason(text: string, previous: DlqFilter['reasons'] = []) {
  const reason = parseReason(text);
  if (reason === undefined) throw new InvalidArgumentError(`Must be one of ${errorTypes.join(', ')}.`);
  return [...previous, reason];
}

export function collectIndex(text: string, previous: readonly number[] = []): number[] {
  return [...previous, index(text)];
}

function time(text: string): number {
  const parsed = parseTime(text, Date.now());
  if (parsed === undefined)
    throw new InvalidArgumentError('Must look like 15m, 2h, 7d or 2026-01-31T12:00Z.');
  return parsed;
}
