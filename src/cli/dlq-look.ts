import { collectStats } from '../dead-letters/stats.ts';
import {
  findByOrigin,
  findDeadLetter,
  type ListedLetter,
  listDeadLetters,
  readDeadLetters,
  withReplay,
} from '../dead-letters/read.ts';
import { KubesentimentError } from '../errors.ts';
import type { SourceMessage } from '../types.ts';
import { type CommonOptions, note, print, printable, printJson, table, terminalJson } from './common.ts';
import { type FilterOptions, filterOf } from './dlq-options.ts';
import { loadSettings } from './settings.ts';

const header = [
  'partition',
  'offset',
  'written',
  'reason',
  'stage',
  'attempts',
  'replays',
  'replayed',
  'bytes',
  'from',
];

export async function runList(options: FilterOptions & { readonly limit: number }): Promise<number> {
  const { config } = loadSettings(options, process.env);
  const { letters, more } = await listDeadLetters(config, filterOf(options), { limit: options.limit });
  if (options.json) for (const letter of letters) print(terminalJson(letter));
  else if (letters.length === 0) note('No dead letters.');
  else print(table(header, letters.map(toRow)));
  if (more) note(`There are more; only the first ${options.limit} are shown (--limit).`);
  return 0;
}

function toRow(letter: ListedLetter): (string | number)[] {
  const { partition, offset, reason, stage, attempts, replays, bytes, origin } = letter;
  const from = origin === undefined ? '-' : `${origin.topic}/${origin.partition}/${origin.offset}`;
  return [
    partition,
    offset,
    timeOf(letter.timestamp),
    reason ?? '(foreign)',
    printable(stage) || '-',
    attempts,
    replays,
    letter.isReplayed ? 'yes' : '-',
    bytes,
    printable(from),
  ];
}

/** Of a dead letter, or, with `topic`, of the request it was made of. */
export interface Place {
  readonly topic?: string;
  readonly partition: number;
  readonly offset: number;
}

export async function runShow(
  place: Place,
  options: CommonOptions & { readonly values?: boolean; readonly json?: boolean },
): Promise<number> {
  const { config } = loadSettings(options, process.env);
  const { topic, partition, offset } = place;
  const found =
    topic === undefined
      ? await findDeadLetter(config, partition, offset)
      : await findByOrigin(config, { topic, partition, offset });
  if (found === undefined) {
    const sentence =
      topic === undefined
        ? `There is no dead letter at offset ${offset} of partition ${partition}.`
        : `There is no dead letter of the request ${topic}/${partition}/${offset}.`;
    const remedy = '"kubesentiment dlq list" shows the ones that exist.';
    throw new KubesentimentError('KS_USAGE', sentence, { remedy });
  }
  const facts = { ...(await withReplay(config, found.letter)), written: timeOf(found.letter.timestamp) };
  const values = options.values === true ? valuesOf(found.message) : {};
  if (options.json) printJson({ ...facts, ...values });
  else {
    for (const [name, value] of Object.entries({ ...facts, ...values })) {
      print(
        `${name.padEnd(14)} ${printable(typeof value === 'object' ? JSON.stringify(value) : String(value))}`,
      );
    }
    if (options.values !== true) note('Use --values to print the message itself; it is user data.');
  }
  return 0;
}

/** Printed only on request. */
function valuesOf({ key, headers = [], value }: SourceMessage): Record<string, unknown> {
  const entries = headers.flatMap((entry) => Object.entries(entry));
  return {
    key: key?.toString() ?? null,
    headers: entries.map(([name, content]) => [name, content?.toString() ?? null]),
    value: value?.toString() ?? null,
  };
}

export async function runStats(options: FilterOptions): Promise<number> {
  const { config } = loadSettings(options, process.env);
  const stats = await collectStats(readDeadLetters(config, filterOf(options)));
  if (options.json) {
    printJson(stats);
    return 0;
  }
  print(`${stats.total} dead letters, ${stats.bytes} bytes, ${stats.foreign} not written by kubesentiment`);
  if (stats.oldest !== undefined) print(`written ${stats.oldest} to ${stats.newest}`);
  printCounts('reason', stats.byReason);
  printCounts('stage', stats.byStage);
  printCounts('partition', stats.byPartition);
  printCounts('replays', stats.byReplays);
  return 0;
}

/** A histogram; the longest bar is 40 wide. */
export function printCounts(title: string, counts: Readonly<Record<string, number>>): void {
  const entries = Object.entries(counts);
  if (entries.length === 0) return;
  const most = Math.max(...entries.map(([, count]) => count));
  const bar = (count: number): string => '█'.repeat(Math.max(1, Math.round((40 * count) / most)));
  print('');
  print(
    table(
      [title, 'count', ''],
      entries.map(([name, count]) => [printable(name), count, bar(count)]),
    ),
  );
}

function timeOf(ms: number): string {
  return ms < 0 ? '-' : new Date(ms).toISOString();
}
