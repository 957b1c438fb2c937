import { type Command, InvalidArgumentError } from 'commander';
import { type Done, index, withExamples, withSettings, wholeNumber } from './common.ts';
import { collectIndex, withFilters } from './dlq-options.ts';
import { type Place, runList, runShow, runStats } from './dlq-look.ts';
import { runPurge } from './dlq-purge.ts';
import { runReplay } from './dlq-replay.ts';

const REPLAYS_MAX = 3;
const LIST_MAX = 100;

/** Adds `dlq list|show|stats|replay|purge`. */
export function registerDlqCommand(program: Command, done: Done): void {
  const dlq = program.command('dlq').description('inspect, replay and delete dead letters');
  const list = withFilters(dlq.command('list'))
    .description('list dead letters: where, when and why, but never the text')
    .option('-n, --limit <n>', 'print at most this many', wholeNumber, LIST_MAX)
    .option('--json', 'print one JSON object per line')
    .action(async (options) => done(await runList(options)));
  withExamples(
    list,
    'kubesentiment dlq list --reason invalid_json --since 2h',
    'kubesentiment dlq list --json',
  );

  const show = withSettings(dlq.command('show'))
    .description('show everything known about a dead letter')
    .argument('<place>', 'the request it was made of, as on the live page and in the log, or a partition')
    .argument('[offset]', 'with a partition: both of the dead-letter topic, as printed by "dlq list"', index)
    .option('--values', 'also print key, headers and text of the message; they are user data')
    .option('--json', 'print JSON')
    .action(async (place, offset, options) => done(await runShow(placeOf(place, offset), options)));
  withExamples(
    show,
    'kubesentiment dlq show 0 17',
    'kubesentiment dlq show sentiment_requests/3/1234 --values',
  );

  const stats = withFilters(dlq.command('stats'))
    .description('count dead letters by reason, stage, partition and number of replays')
    .option('--json', 'print JSON')
    .action(async (options) => done(await runStats(options)));
  withExamples(stats, 'kubesentiment dlq stats --since 1d');

  const replay = withFilters(dlq.command('replay'))
    .description(
      'send dead letters back to the topic they came from, each once; a stopped replay can be resumed',
    )
    .option('--dry-run', 'only show what would be replayed, by reason')
    .option('--rate <n>', 'send at most this many records per second', wholeNumber)
    .option('-n, --limit <n>', 'replay at most this many in this run', wholeNumber)
    .option(
      '--max-replays <n>',
      'skip those that have been replayed this many times',
      wholeNumber,
      REPLAYS_MAX,
    )
    .option('--json', 'print JSON')
    .action(async (options) => done(await runReplay(options)));
  withExamples(
    replay,
    'kubesentiment dlq replay --dry-run',
    'kubesentiment dlq replay --reason decrypt_failed --rate 100',
  );

  const purge = withSettings(dlq.command('purge'))
    .description("delete old dead letters for good; some logins need Kafka's kafka-delete-records for it")
    .option('--before <offset>', 'delete everything before this offset (default: everything)', index)
    .option('--partition <n>', 'only this partition; repeatable', collectIndex)
    .option('-y, --yes', 'do not ask for confirmation')
    .option('--plan <file>', 'delete nothing, but write the plan to a new file')
    .option('--tool <program>', 'path of that tool, to have it used')
    .option('--command-config <file>', 'client properties for the tool, for a secured cluster')
    .option('--json', 'print JSON')
    .action(async (options) => done(await runPurge(options)));
  withExamples(
    purge,
    'kubesentiment dlq purge --before 1200 --partition 0',
    'kubesentiment dlq purge --yes',
    'kubesentiment dlq purge --plan purge.json',
  );
}

/** `3` and an offset, or `TOPIC/3/1234`. */
function placeOf(text: string, offset: number | undefined): Place {
  if (offset !== undefined) return { partition: index(text), offset };
  const [, topic, partition, at] = /^([\w.-]+)\/(\d{1,15})\/(\d{1,15})$/.exec(text) ?? [];
  if (topic === undefined)
    throw new InvalidArgumentError('Must be PARTITION OFFSET or TOPIC/PARTITION/OFFSET.');
  return { topic, partition: Number(partition), offset: Number(at) };
}
