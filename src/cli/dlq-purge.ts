import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { runDeleteRecords } from '../dead-letters/delete-records-tool.ts';
import { type Purge, planPurge } from '../dead-letters/purge.ts';
import type { Config } from '../config/schema.ts';
import { KubesentimentError } from '../errors.ts';
import { type CommonOptions, note, print } from './common.ts';
import { loadSettings } from './settings.ts';

interface PurgeOptions extends CommonOptions {
  readonly before?: number;
  readonly partition?: readonly number[];
  readonly plan?: string;
  readonly yes?: boolean;
  readonly tool?: string;
  readonly commandConfig?: string;
  readonly json?: boolean;
}

/** Deletes, or writes the plan for somebody else to. Exit code 0 only when what was asked for is done. */
export async function runPurge(options: PurgeOptions): Promise<number> {
  const { config } = loadSettings(options, process.env);
  const meant = {
    ...(options.before !== undefined && { before: options.before }),
    ...(options.partition !== undefined && { partitions: options.partition }),
  };
  const purge = await planPurge(config, meant);
  if (purge.plan.partitions.length === 0) {
    note('There is nothing to delete.');
    return 0;
  }
  if (options.plan !== undefined) {
    writePlan(options.plan, JSON.stringify(purge.plan));
    note(`Nothing was deleted (${purge.offsets} offsets are meant). Where Kafka is installed, run:`);
    const servers = config.kafka.bootstrap_servers.join(',');
    note(`  kafka-delete-records.sh --bootstrap-server ${servers} --offset-json-file ${options.plan}`);
    return 0;
  }
  if (!(await isConfirmed(config, purge, options))) {
    note('Nothing was deleted.');
    return 1;
  }
  await runDeleteRecords(purge.plan, {
    bootstrapServers: config.kafka.bootstrap_servers,
    ...(options.tool !== undefined && { tool: options.tool }),
    ...(options.commandConfig !== undefined && { commandConfig: options.commandConfig }),
  });
  // What the tool says is for people; whether records are gone the broker knows.
  const left = await planPurge(config, { ...meant, upTo: purge.plan });
  if (left.offsets > 0) {
    throw new KubesentimentError(
      'KS_KAFKA_FATAL',
      `${left.offsets} of ${purge.offsets} offsets are still there.`,
      {
        remedy: 'Check that the user may delete from the topic, and run it again.',
      },
    );
  }
  if (options.json) print(JSON.stringify({ deleted: purge.offsets, ...purge.plan }));
  else print(`${purge.offsets} offsets of ${config.kafka.dlq_topic} deleted.`);
  return 0;
}

/** What is deleted is gone: a person types the topic's name, a script says --yes. */
async function isConfirmed(
  config: Config,
  { plan, offsets }: Purge,
  options: PurgeOptions,
): Promise<boolean> {
  if (config.kafka.security_protocol !== 'PLAINTEXT' && options.commandConfig === undefined) {
    throw new KubesentimentError('KS_USAGE', "Kafka's tool does not know how to reach a secured cluster.", {
      remedy: 'Give it its client properties with --command-config FILE.',
    });
  }
  if (options.yes === true) return true;
  if (process.stdin.isTTY !== true) {
    throw new KubesentimentError(
      'KS_USAGE',
      `${offsets} offsets would be deleted, and nobody is there to say yes.`,
      {
        remedy: 'Say --yes, or write the plan with --plan FILE.',
      },
    );
  }
  for (const { partition, offset } of plan.partitions)
    note(`partition ${partition}: before offset ${offset}`);
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const topic = config.kafka.dlq_topic;
    const answer = await prompt.question(
      `${offsets} offsets go for ever. Type the topic's name (${topic}) to delete: `,
    );
    return answer.trim() === topic;
  } finally {
    prompt.close();
  }
}

function writePlan(file: string, text: string): void {
  try {
    writeFileSync(file, `${text}\n`, { flag: 'wx' });
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code;
    const remedy = reason === 'EEXIST' ? 'It is never overwritten: name another file.' : 'Name another file.';
    throw new KubesentimentError('KS_USAGE', `${file} cannot be written (${reason}).`, {
      remedy,
      cause: error,
    });
  }
}
