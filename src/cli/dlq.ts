import type { Command } from 'commander';
import { type Done, index, withExamples, withSettings, wholeNumber } from './common.ts';
import { collectIndex, withFilters } from './dlq-options.ts';
import { runList, runShow, runStats } from './dlq-look.ts';
import { runPurge } from './dlq-purge.ts';
import { runReplay } from './dlq-replay.ts';

const REPLAYS_MAX = 3;
const LIST_MAX = 100;

/** Adds `dlq list|show|stats|replay|purge`. */
export function registerDlqCommand(program: Command, done: Done): void {
  const dlq = program
    .command('dlq')
    .description('dead letters: what they are, why, and how to get rid of them');
  const list = withFilters(dlq.command('list'))
    .description('one line for each dead letter: where, when, why; never its text')
    .option('-n, --limit <n>', 'the most to print', wholeNumber, LIST_MAX)
    .option('--json', 'print one JSON object for each')
    .action(async (options) => done(await runList(options)));
  withExamples(
    list,
    'kubesentiment dlq list --reason invalid_json --since 2h',
    'kubesentiment dlq list --json',
  );

  const show = withSettings(dlq.command('show'))
    .description('all that is known about one dead letter')
    .argument('<partition>', 'as printed by "dlq list"', index)
    .argument('<offset>', 'as printed by "dlq list"', index)
    .option('--values', "print the message's key, headers and text as well: they are the user's")
    .option('--json', 'print JSON')
    .action(async (partition, offset, options) => done(await runShow(partition, offset, options)));
  withExamples(show, 'kubesentiment dlq show 0 17', 'kubesentiment dlq show 0 17 --values');

  const stats = withFilters(dlq.command('stats'))
    .description('how many there are, by reason, stage, partition and number of replays')
    .option('--json', 'print JSON')
    .action(async (options) => done(await runStats(options)));
  withExamples(stats, 'kubesentiment dlq stats --since 1d');

  const replay = withFilters(dlq.command('replay'))
    .description('sends dead letters to the topic they came from, each once; a stopped replay goes on later')
    .option('--dry-run', 'only say what would be replayed, by reason')
    .option('--rate <n>', 'the most records a second', wholeNumber)
    .option('-n, --limit <n>', 'the most to replay in this run', wholeNumber)
    .option('--max-replays <n>', 'leave out what has been replayed this often', wholeNumber, REPLAYS_MAX)
    .option('--json', 'print JSON')
    .action(async (options) => done(await runReplay(options)));
  withExamples(
    replay,
    'kubesentiment dlq replay --dry-run',
    'kubesentiment dlq replay --reason decrypt_failed --rate 100',
  );

  const purge = withSettings(dlq.command('purge'))
    .description("deletes old dead letters, with Kafka's own kafka-delete-records")
    .option('--before <offset>', 'delete what is before this offset (default: all there is)', index)
    .option('--partition <n>', 'only this partition; repeatable', collectIndex)
    .option('-y, --yes', 'do not ask')
    .option('--plan <file>', 'delete nothing, write the plan to a new file')
    .option('--tool <program>', 'the tool, where it is not in PATH')
    .option('--command-config <file>', 'client properties for the tool, when the cluster is secured')
    .option('--json', 'print JSON')
    .action(async (options) => done(await runPurge(options)));
  withExamples(
    purge,
    'kubesentiment dlq purge --before 1200 --partition 0',
    'kubesentiment dlq purge --yes --tool /opt/kafka/bin/kafka-delete-records.sh',
    'kubesentiment dlq purge --plan purge.json',
  );
}
