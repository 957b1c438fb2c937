import type { Command } from 'commander';
import { type Brokers, withBrokers } from '../cluster/brokers.ts';
import { abortTransaction, listTransactions, type OpenTransaction } from '../cluster/transactions.ts';
import type { Config } from '../config/schema.ts';
import { describeError, KubesentimentError } from '../errors.ts';
import { BLOCKED_S } from '../lag.ts';
import { auditChange } from './audit.ts';
import {
  type CommonOptions,
  type Done,
  index,
  note,
  print,
  printable,
  printableLines,
  printJson,
  table,
  withExamples,
  withSettings,
} from './common.ts';
import { confirm } from './confirm.ts';
import { loadSettings } from './settings.ts';

interface ListOptions extends CommonOptions {
  readonly topic?: string;
  readonly partition?: number;
  readonly json?: boolean;
}

interface AbortOptions extends ListOptions {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

/** Adds `transactions list|abort`. */
export function registerTransactionsCommand(program: Command, done: Done): void {
  const transactions = program
    .command('transactions')
    .description('show and end open transactions of others that hold back requests, offsets or results');
  const list = withSelection(transactions.command('list'))
    .description(
      'list the open transactions on the topics of the configuration and on the offsets of the group',
    )
    .action(async (options: ListOptions) => done(await runList(options)));
  withExamples(list, 'kubesentiment transactions list');

  const abort = withSelection(transactions.command('abort'))
    .summary('end open transactions that hold back others')
    .description(
      `end the transactions that have been open for ${BLOCKED_S} s or longer: nobody will see their records, and ` +
        'their producers, if they are still there, are fenced. Where a coordinator knows the transaction it is ' +
        'asked; where none does, the mark is written into the partition, for which the user must be allowed to ' +
        'alter the cluster',
    )
    .option('--dry-run', 'only show what would be ended')
    .option('-y, --yes', 'do not ask for confirmation')
    .action(async (options: AbortOptions) => done(await runAbort(options)));
  withExamples(
    abort,
    'kubesentiment transactions abort --dry-run',
    'kubesentiment transactions abort --topic sentiment_requests --partition 3',
  );
}

function withSelection(command: Command): Command {
  return withSettings(command)
    .option('-t, --topic <topic>', 'only those on this topic')
    .option('--partition <n>', 'only those on this partition', index)
    .option('--json', 'print JSON');
}

async function runList(options: ListOptions): Promise<number> {
  const { config } = loadSettings(options, process.env);
  const found = await withBrokers(config, (brokers) => select(config, brokers, options));
  if (options.json) printJson({ transactions: found });
  else if (found.length === 0) print('No transaction is open.');
  else show(found);
  return 0;
}

async function runAbort(options: AbortOptions): Promise<number> {
  const { config } = loadSettings(options, process.env);
  return withBrokers(config, async (brokers) => {
    const found = await select(config, brokers, options);
    const meant = found.filter((each) => isMeant(each, options));
    if (!options.json && meant.length > 0) show(meant);
    if (meant.length === 0) note(found.length === 0 ? 'No transaction is open.' : tooYoung(found));
    const isOver = meant.length === 0 || options.dryRun === true;
    if (!isOver && !(await isConfirmed(config, meant, options))) {
      note('Nothing was changed.');
      return 1;
    }
    const ended = isOver ? [] : await endAll(config, brokers, meant);
    if (options.json)
      printJson({ dryRun: options.dryRun === true, transactions: meant, ended: ended.length });
    return isOver || ended.length === meant.length ? 0 : 1;
  });
}

/**
 * One at work, or of unknown age, is not touched unless somebody names its partition. A number alone names none: each
 * topic has a partition 0.
 */
export function isMeant(
  { seconds }: Pick<OpenTransaction, 'seconds'>,
  { topic, partition }: Pick<AbortOptions, 'topic' | 'partition'>,
): boolean {
  return (topic !== undefined && partition !== undefined) || (seconds ?? 0) >= BLOCKED_S;
}

/** One that cannot be ended does not keep the others open. A transaction may be open in several partitions. */
async function endAll(
  config: Config,
  brokers: Brokers,
  meant: readonly OpenTransaction[],
): Promise<OpenTransaction[]> {
  const taken = new Set<string>();
  const ended: OpenTransaction[] = [];
  for (const each of meant) {
    const { topic, partition, transactionalId } = each;
    try {
      if (transactionalId === null || !taken.has(transactionalId)) {
        const how = await abortTransaction(config, brokers, each);
        if (how === 'taken over') taken.add(transactionalId as string);
      }
      ended.push(each);
      note(printable(`${topic}/${partition}: ended.`));
    } catch (error) {
      if (!(error instanceof KubesentimentError)) throw error;
      note(printable(`${topic}/${partition}: ${describeError(error)}`));
    }
  }
  if (ended.length > 0) auditChange(config, 'transactions abort', ended.map(nameOf));
  return ended;
}

async function select(
  config: Config,
  brokers: Brokers,
  { topic, partition }: ListOptions,
): Promise<OpenTransaction[]> {
  const found = await listTransactions(config, brokers);
  return found.filter(
    (each) =>
      (topic === undefined || each.topic === topic) &&
      (partition === undefined || each.partition === partition),
  );
}

function show(found: readonly OpenTransaction[]): void {
  const header = ['topic', 'partition', 'offset', 'records', 'seconds', 'of'];
  const rows = found.map(({ topic, partition, offset, records, seconds, ...of }) => {
    return [topic, partition, offset, records, seconds === null ? '-' : Math.round(seconds), holderOf(of)];
  });
  print(printableLines(table(header, rows)));
}

function tooYoung(found: readonly OpenTransaction[]): string {
  const each = found.map(({ topic, partition }) => `${topic}/${partition}`);
  return (
    `None has been open for ${BLOCKED_S} s, as far as is known. To end one all the same, name its partition ` +
    `(--topic, --partition): ${printable(each.join(', '))}.`
  );
}

function holderOf({
  transactionalId,
  producerId,
  state,
  isHidden,
}: Pick<OpenTransaction, 'transactionalId' | 'producerId' | 'state' | 'isHidden'>): string {
  if (transactionalId !== null) return `${transactionalId} (${state})`;
  if (producerId === null) return 'unknown';
  const why = isHidden
    ? 'whose transactional id the user may not see (needs Describe on transactional ids)'
    : 'whose transactional id no broker names';
  return `producer ${producerId}, ${why}`;
}

function nameOf({ topic, partition, offset, transactionalId, producerId }: OpenTransaction): string {
  return `${topic}/${partition} from ${offset}, of ${transactionalId ?? `producer ${producerId}`}`;
}

function isConfirmed(
  config: Config,
  meant: readonly OpenTransaction[],
  { yes }: AbortOptions,
): Promise<boolean> | true {
  if (yes === true) return true;
  const effect = `${meant.length} transaction${meant.length === 1 ? '' : 's'}`;
  return confirm({
    will: `This ends ${effect}; their records are never seen.`,
    would: `This would end ${effect}`,
    name: config.kafka.consumer_group,
    otherwise: ', or look first with --dry-run',
  });
}
