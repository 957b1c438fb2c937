import { type ReplayReport, replayDeadLetters } from '../dead-letters/replay.ts';
import { note, print, printJson } from './common.ts';
import { onStopSignal } from './consume.ts';
import { printCounts } from './dlq-look.ts';
import { type FilterOptions, filterOf } from './dlq-options.ts';
import { loadSettings } from './settings.ts';

export interface ReplayCliOptions extends FilterOptions {
  readonly dryRun?: boolean;
  readonly rate?: number;
  readonly limit?: number;
  readonly maxReplays: number;
}

export async function runReplay(options: ReplayCliOptions): Promise<number> {
  const { config } = loadSettings(options, process.env);
  let stopping = false;
  onStopSignal(() => {
    stopping = true;
    note('Stopping after the current transaction.');
  });
  const report = await replayDeadLetters(config, {
    filter: filterOf(options),
    dryRun: options.dryRun === true,
    replaysMax: options.maxReplays,
    ...(options.rate !== undefined && { rate: options.rate }),
    ...(options.limit !== undefined && { limit: options.limit }),
    shouldStop: () => stopping,
  });
  if (options.json) printJson(report);
  else show(report);
  return stopping ? 1 : 0;
}

function show({ dryRun, replayed, byReason, skipped, refused, stopped }: ReplayReport): void {
  print(dryRun ? `${replayed} would be replayed; nothing was sent.` : `${replayed} replayed.`);
  printCounts('reason', byReason);
  const left = [
    [skipped.alreadyReplayed, 'were replayed by an earlier run'],
    [skipped.loops, 'have been replayed too often (--max-replays)'],
    [skipped.foreign, 'were not written by kubesentiment: the headers with their origin are missing'],
    [skipped.otherTopic, 'came from a topic that is not in kafka.topic'],
    [skipped.withoutValue, 'have no value any more: it was left out (x-value-omitted-bytes)'],
  ] as const;
  if (left.some(([count]) => count > 0)) print('\nSkipped:');
  for (const [count, why] of left) if (count > 0) print(`  ${count} ${why}`);
  for (const { partition, offset, reason, replays, isValueOmitted } of refused) {
    const why = isValueOmitted ? 'no value' : `${replays} replays`;
    print(`    partition ${partition}, offset ${offset}: ${reason}, ${why}`);
  }
  if (stopped) print('There may be more; run it again to continue.');
}
