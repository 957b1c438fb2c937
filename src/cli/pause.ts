import type { Command } from 'commander';
import type { TopicPartition } from '../types.ts';
import {
  type CommonOptions,
  type Done,
  index,
  print,
  printable,
  printJson,
  withExamples,
  withSettings,
} from './common.ts';
import { askService, urlOf } from './running-service.ts';
import { loadSettings } from './settings.ts';

interface PauseOptions extends CommonOptions {
  readonly url?: string;
  readonly topic?: string;
  readonly partition?: number;
  readonly json?: boolean;
}

/** Adds `pause` and `resume`, which ask a running service over HTTP. */
export function registerPauseCommands(program: Command, done: Done): void {
  const add = (what: 'pause' | 'resume', summary: string, description: string): void => {
    const command = withSettings(program.command(what))
      .summary(summary)
      .description(description)
      .option('-t, --topic <topic>', 'only this topic')
      .option('--partition <n>', 'only this partition', index)
      .option('--url <url>', 'address of the service (default: http.host and http.port of the configuration)')
      .option('--json', 'print JSON')
      .action(async (options: PauseOptions) => done(await ask(what, options)));
    withExamples(
      command,
      `kubesentiment ${what}`,
      `kubesentiment ${what} --partition 3 --url http://10.0.0.7:8000`,
    );
  };
  add(
    'pause',
    'let a running service take no more messages',
    'let a running service take no more messages, of all or of some partitions. What it has taken is finished and ' +
      'committed, and it keeps its partitions, until "resume" or a restart. Needs http.token; reaches one process',
  );
  add('resume', 'let a paused service go on', 'let a running service go on after "pause"');
}

async function ask(what: 'pause' | 'resume', options: PauseOptions): Promise<number> {
  const { config } = loadSettings(options, process.env);
  const { topic, partition } = options;
  const body = { ...(topic !== undefined && { topic }), ...(partition !== undefined && { partition }) };
  const url = `${options.url ?? urlOf(config)}/api/v1/consumer/${what}`;
  const answer = (await askService(url, { method: 'POST', token: config.http.token, body })) as {
    paused: readonly TopicPartition[];
  };
  if (options.json) printJson(answer);
  else if (answer.paused.length === 0) print('Nothing is paused.');
  else {
    const names = answer.paused.map((place) => `${place.topic}/${place.partition}`);
    print(printable(`Paused: ${names.join(', ')}`));
  }
  return 0;
}
