import { type Command, InvalidArgumentError } from 'commander';
import {
  describeTopics,
  growTopic,
  mayDelete,
  setTopic,
  type TopicState,
} from '../cluster/topic-settings.ts';
import type { TopicSetting } from '../kafka/alter-configs.ts';
import type { Config } from '../config/schema.ts';
import { auditChange } from './audit.ts';
import {
  type CommonOptions,
  type Done,
  note,
  print,
  printableLines,
  printJson,
  table,
  wholeNumber,
  withExamples,
  withSettings,
} from './common.ts';
import { confirm } from './confirm.ts';
import { loadSettings } from './settings.ts';

interface ShowOptions extends CommonOptions {
  readonly json?: boolean;
}

interface SetOptions extends ShowOptions {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

interface GrowOptions extends ShowOptions {
  readonly partitions: number;
}

/** Adds `topics show|set|grow`. */
export function addTopicCommands(topics: Command, done: Done): void {
  const show = withSettings(topics.command('show'))
    .description('show partitions, replicas and settings of the topics of the configuration')
    .option('--json', 'print JSON')
    .action(async (options: ShowOptions) => done(await runShow(options)));
  withExamples(show, 'kubesentiment topics show');

  const set = withSettings(topics.command('set'))
    .summary('change settings of a topic')
    .description(
      'change settings of a topic, all of them or none, while everything runs; prints from and to. Asks before it ' +
        'lets brokers delete records that they would have kept',
    )
    .argument('<topic>', 'a topic of the configuration')
    .argument(
      '<setting...>',
      'name=value; without a value it is what the cluster has for all topics',
      collect,
    )
    .option('--dry-run', 'only show what would change, and have a broker check it')
    .option('-y, --yes', 'do not ask for confirmation')
    .option('--json', 'print JSON')
    .action(async (topic: string, settings: TopicSetting[], options: SetOptions) =>
      done(await runSet(topic, settings, options)),
    );
  withExamples(
    set,
    'kubesentiment topics set sentiment_results max.message.bytes=2097152',
    'kubesentiment topics set sentiment_requests retention.ms=604800000 --dry-run',
  );

  const grow = withSettings(topics.command('grow'))
    .summary('add partitions to a topic')
    .description(
      'add partitions to a topic. Running processes notice. Records with the same key may then go to another ' +
        'partition, so their order is not kept across the change; a topic never gets fewer',
    )
    .argument('<topic>', 'a topic of the configuration')
    .requiredOption('--partitions <n>', 'how many it is to have', wholeNumber)
    .option('--json', 'print JSON')
    .action(async (topic: string, options: GrowOptions) => done(await runGrow(topic, options)));
  withExamples(grow, 'kubesentiment topics grow sentiment_requests --partitions 48');
}

function collect(text: string, previous: readonly TopicSetting[] = []): TopicSetting[] {
  const [, name, value] = /^([a-z][a-z.]*)=(.*)$/s.exec(text) ?? [];
  if (name === undefined)
    throw new InvalidArgumentError('Must be name=value, such as retention.ms=86400000.');
  return [...previous, { name, value: value === '' ? null : (value as string) }];
}

async function runShow(options: ShowOptions): Promise<number> {
  const { config } = loadSettings(options, process.env);
  const topics = await describeTopics(config);
  if (options.json) printJson({ topics });
  else if (topics.length === 0) note('None of them exists: "kubesentiment topics create" creates them.');
  else
    print(
      printableLines(table(['topic', 'partitions', 'replicas', 'trouble', 'settings'], topics.map(toRow))),
    );
  return 0;
}

function toRow({
  topic,
  partitions,
  replicas,
  leaderless,
  behind,
  settings,
}: TopicState): (string | number)[] {
  const trouble = [
    leaderless.length === 0 ? '' : `no leader: ${leaderless.join(', ')}`,
    behind.length === 0 ? '' : `replicas not in sync: ${behind.join(', ')}`,
  ].filter((text) => text !== '');
  const known = Object.entries(settings).map(([name, value]) => `${name}=${value ?? '?'}`);
  return [topic, partitions, replicas, trouble.join('; ') || 'none', known.join(' ')];
}

async function runSet(topic: string, settings: TopicSetting[], options: SetOptions): Promise<number> {
  const { config } = loadSettings(options, process.env);
  const dryRun = options.dryRun === true;
  if (!dryRun && options.yes !== true && !(await isConfirmed(config, topic, settings))) {
    note('Nothing was changed.');
    return 1;
  }
  const changes = await setTopic(config, topic, settings, { dryRun });
  const lines = changes.map(
    ({ name, from, to }) => `${topic} ${name}: ${from ?? 'unknown'} to ${to ?? 'the default of the cluster'}`,
  );
  if (!dryRun) auditChange(config, 'topics set', lines);
  if (options.json) printJson({ topic, dryRun, changes });
  else for (const line of lines) print(printableLines(line));
  return 0;
}

/** What brokers have deleted does not come back with the setting. */
async function isConfirmed(
  config: Config,
  topic: string,
  settings: readonly TopicSetting[],
): Promise<boolean> {
  const deleting = (await setTopic(config, topic, settings, { dryRun: true })).filter(mayDelete);
  if (deleting.length === 0) return true;
  const each = deleting.map(
    ({ name, from, to }) => `${name} from ${from ?? 'unknown'} to ${to ?? 'the default'}`,
  );
  const effect = `let brokers delete records of ${topic} (${each.join(', ')})`;
  return confirm({
    will: `This will ${effect}.`,
    would: `This would ${effect}`,
    name: topic,
    otherwise: ', or look first with --dry-run',
  });
}

async function runGrow(topic: string, options: GrowOptions): Promise<number> {
  const { config } = loadSettings(options, process.env);
  const { partitions } = options;
  const before = await growTopic(config, topic, partitions);
  const line = `${topic}: ${before} to ${partitions} partitions`;
  auditChange(config, 'topics grow', [line]);
  if (options.json) printJson({ topic, from: before, to: partitions });
  else print(printableLines(line));
  return 0;
}
