import { userInfo } from 'node:os';
import { type Command, InvalidArgumentError } from 'commander';
import { type GroupOffset, GroupOffsets, type OffsetMove, type OffsetTarget } from '../cluster/offsets.ts';
import { parseTime } from '../dead-letters/filter.ts';
import type { Config } from '../config/schema.ts';
import { createLogger } from '../log.ts';
import {
  type CommonOptions,
  type Done,
  index,
  note,
  print,
  printJson,
  table,
  withExamples,
  withSettings,
} from './common.ts';
import { confirm } from './confirm.ts';
import { readOffsetsFile } from './offsets-file.ts';
import { loadSettings } from './settings.ts';

interface ShowOptions extends CommonOptions {
  readonly topic?: string;
  readonly partition?: number;
  readonly json?: boolean;
}

interface ResetOptions extends ShowOptions {
  readonly to: OffsetTarget;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

/** Adds `offsets show|reset`. */
export function registerOffsetsCommand(program: Command, done: Done): void {
  const offsets = program.command('offsets').description('show and move what the group has committed');
  const show = withSelection(offsets.command('show'))
    .description('show where the group stands: no consumer has to be running')
    .action(async (options: ShowOptions) => done(await runShow(options)));
  withExamples(show, 'kubesentiment offsets show', 'kubesentiment offsets show --json');

  const reset = withSelection(offsets.command('reset'))
    .summary('move the group to another place')
    .description(
      'move the group to another place: skips messages, or has them answered again. Prints from and to first, and ' +
        'refuses while the group has members',
    )
    .requiredOption(
      '--to <place>',
      'earliest, latest, an offset, a time: 15m, 2h, 7d (ago) or 2026-01-31T12:00Z, or file:PATH, a copy of "offsets ' +
        'show --json"',
      parseTarget,
    )
    .option('--dry-run', 'only show what would change')
    .option('-y, --yes', 'do not ask for confirmation')
    .action(async (options: ResetOptions) => done(await runReset(options)));
  withExamples(
    reset,
    'kubesentiment offsets reset --to 2h --dry-run',
    'kubesentiment offsets reset --to 1200 --topic sentiment_requests --partition 3',
    'kubesentiment offsets reset --to file:offsets.json --set kafka.consumer_group=new_name',
  );
}

function withSelection(command: Command): Command {
  return withSettings(command)
    .option('-t, --topic <topic>', 'only this topic: a request topic or a retry topic')
    .option('--partition <n>', 'only this partition', index)
    .option('--json', 'print JSON');
}

function parseTarget(text: string): OffsetTarget {
  if (text === 'earliest' || text === 'latest') return text;
  if (/^\d{1,15}$/.test(text)) return { offset: Number(text) };
  if (text.startsWith('file:')) return { places: readOffsetsFile(text.slice('file:'.length)) };
  const sinceMs = parseTime(text, Date.now());
  if (sinceMs !== undefined) return { sinceMs };
  throw new InvalidArgumentError(
    'Must be earliest, latest, an offset, a time such as 2h or 2026-01-31T12:00Z, or file:PATH.',
  );
}

async function runShow(options: ShowOptions): Promise<number> {
  const { config } = loadSettings(options, process.env);
  const offsets = await withGroup(config, (group) => group.read({ ...options, withRetries: true }));
  const { consumer_group: group } = config.kafka;
  if (options.json) printJson({ group, offsets: offsets.map(({ metadata: _, ...rest }) => rest) });
  else print(table(['topic', 'partition', 'committed', 'oldest', 'end', 'behind'], offsets.map(toRow)));
  return 0;
}

function toRow({ topic, partition, committed, low, high }: GroupOffset): (string | number)[] {
  const behind = committed === null ? '-' : Math.max(0, high - Math.max(committed, low));
  return [topic, partition, committed ?? '-', low, high, behind];
}

async function runReset(options: ResetOptions): Promise<number> {
  const { config } = loadSettings(options, process.env);
  return withGroup(config, async (group) => {
    const isCopy = typeof options.to === 'object' && 'places' in options.to;
    const offsets = await group.read({ ...options, withRetries: isCopy });
    const moves = await group.plan(offsets, options.to);
    const report = { group: config.kafka.consumer_group, dryRun: options.dryRun === true, moves };
    if (moves.length === 0) {
      if (options.json) printJson(report);
      else note('The group is there already.');
      return 0;
    }
    if (!options.json) showMoves(moves);
    if (options.dryRun !== true) {
      await group.checkNoMembers();
      if (!(await isConfirmed(config, moves, options))) {
        note('Nothing was changed.');
        return 1;
      }
      await group.write(moves, offsets);
      audit(config, moves);
    }
    if (options.json) printJson(report);
    return 0;
  });
}

function showMoves(moves: readonly OffsetMove[]): void {
  const header = ['topic', 'partition', 'from', 'to', 'skipped', 'repeated'];
  const rows = moves.map(({ topic, partition, from, to, skipped, repeated }) => {
    return [topic, partition, from ?? '-', to, skipped, repeated];
  });
  print(table(header, rows));
  note(
    'Skipped messages are never answered, repeated ones again. Where producers use transactions, some offsets are',
  );
  note('no messages.');
}

function isConfirmed(
  config: Config,
  moves: readonly OffsetMove[],
  { yes }: ResetOptions,
): Promise<boolean> | true {
  if (yes === true) return true;
  const sum = (what: 'skipped' | 'repeated'): number => moves.reduce((total, move) => total + move[what], 0);
  const effect = `skips ${sum('skipped')} messages and repeats ${sum('repeated')}`;
  return confirm({
    will: `This ${effect}.`,
    would: `This ${effect}`,
    name: config.kafka.consumer_group,
    otherwise: ', or look first with --dry-run',
  });
}

/** Who has moved what belongs in the same place as the log of the service. */
function audit(config: Config, moves: readonly OffsetMove[]): void {
  createLogger({ ...config.logging, level: 'info' }).info('offsets_reset', {
    group: config.kafka.consumer_group,
    user: userInfo().username,
    moves: moves.map(({ topic, partition, from, to }) => `${topic}/${partition}: ${from ?? 'none'} to ${to}`),
  });
}

async function withGroup<T>(config: Config, use: (group: GroupOffsets) => Promise<T>): Promise<T> {
  const group = new GroupOffsets(config);
  try {
    await group.connect();
    return await use(group);
  } finally {
    await group.close();
  }
}
