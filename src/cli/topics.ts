import type { Command } from 'commander';
import { createTopics } from '../cluster/topics.ts';
import {
  type CommonOptions,
  type Done,
  print,
  printJson,
  wholeNumber,
  withExamples,
  withSettings,
} from './common.ts';
import { loadSettings } from './settings.ts';
import { addTopicCommands } from './topic-settings.ts';

interface Options extends CommonOptions {
  readonly partitions?: number;
  readonly replication?: number;
  readonly json?: boolean;
}

export function registerTopicsCommand(program: Command, done: Done): void {
  const topics = program.command('topics').description('manage the topics of the configuration');
  const create = withSettings(topics.command('create'))
    .description('create the request, result, retry and dead-letter topics that are missing')
    .option('--partitions <n>', 'partitions of each topic (default: kafka.consumer_threads)', wholeNumber)
    .option('--replication <n>', "replicas of each partition (default: the broker's setting)", wholeNumber)
    .option('--json', 'print JSON')
    .action(async (options: Options) => done(await runCreate(options)));
  withExamples(create, 'kubesentiment topics create --partitions 12 --replication 3');
  addTopicCommands(topics, done);
}

async function runCreate(options: Options): Promise<number> {
  const { config } = loadSettings(options, process.env);
  const { partitions = config.kafka.consumer_threads, replication = -1 } = options;
  const reports = await createTopics(config, { partitions, replication });
  if (options.json) printJson({ topics: reports });
  else {
    for (const { topic, created } of reports) {
      print(
        created
          ? `${topic}: created with ${partitions} partitions`
          : `${topic}: already exists, left unchanged`,
      );
    }
  }
  return 0;
}
