import type { Command } from 'commander';
import { overruledKeys } from '../config/topic-requests.ts';
import { type Tried, tryMessages } from '../diagnose/try-messages.ts';
import {
  type CommonOptions,
  type Done,
  note,
  print,
  printable,
  printJson,
  wholeNumber,
  withCommonOptions,
  withExamples,
} from './common.ts';
import { loadSettings } from './settings.ts';

interface Options extends CommonOptions {
  readonly topic: string;
  readonly count: number;
  readonly showText?: boolean;
  readonly json?: boolean;
}

export function registerTryCommand(program: Command, done: Done): void {
  const command = withCommonOptions(program.command('try'))
    .description(
      'read some messages of a topic without joining the group, and show what the configuration makes of them',
    )
    .requiredOption('--topic <name>', 'the topic to read')
    .option('--count <n>', 'how many of its last messages', wholeNumber, 5)
    .option('--show-text', 'print the texts, too; they are user data')
    .option('--json', 'print JSON')
    .action(async (options: Options) => done(await runTry(options)));
  withExamples(
    command,
    'kubesentiment try --topic tickets --config configs/mine.yaml',
    'kubesentiment try --topic tickets --set request.text=/payload/body --show-text',
  );
}

/** Exit code 1 if any of the messages would become a dead letter. */
async function runTry(options: Options): Promise<number> {
  const { config } = loadSettings(options, process.env);
  const { entry, keys } = overruledKeys(config, options.topic, Object.keys(options.set ?? {}));
  for (const key of keys)
    note(
      `--set ${key} changes nothing here: the entry "${entry}" of kafka.topics names ${key} itself. Change it there.`,
    );
  const tried = await tryMessages(config, options.topic, options.count);
  const shown = options.showText === true ? tried : tried.map(({ text: _, ...rest }) => rest);
  if (options.json) printJson(shown);
  else for (const each of shown) print(lineOf(each));
  if (tried.length === 0) note(`"${options.topic}" has no messages.`);
  return tried.some(({ outcome }) => outcome === 'deadLetter') ? 1 : 0;
}

function lineOf({ partition, offset, outcome, reason, ...found }: Tried): string {
  const place = `${partition}/${offset}`.padEnd(12);
  if (outcome === 'deadLetter') return `${place} dead letter: ${printable(reason ?? '')}`;
  if (outcome === 'passedOver') return `${place} passed over: it says that something was deleted`;
  const { prediction, id, priority, timestamp, text } = found;
  const label =
    prediction === undefined ? 'encrypted' : `${printable(prediction.label)} ${prediction.score.toFixed(4)}`;
  const facts = [
    label,
    `id ${id ? printable(id) : 'none'}`,
    `priority ${priority}`,
    `timestamp ${timestamp ? printable(timestamp) : 'none'}`,
    ...(text === undefined ? [] : [printable(text)]),
  ];
  return `${place} ${facts.join('  ')}`;
}
