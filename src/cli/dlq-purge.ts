import { writeFileSync } from 'node:fs';
import { planPurge } from '../admin/dlq-purge.ts';
import { KubesentimentError } from '../errors.ts';
import { type CommonOptions, note, print } from './common.ts';
import { loadSettings } from './settings.ts';

interface PurgeOptions extends CommonOptions {
  readonly before?: number;
  readonly partition?: readonly number[];
  readonly plan?: string;
  readonly json?: boolean;
}

/** Exit code 0 only when a plan was asked for and written, or nothing needs deleting: it never deletes by itself. */
export async function runPurge(options: PurgeOptions): Promise<number> {
  const { config } = loadSettings(options, process.env);
  const { plan, offsets } = await planPurge(config, {
    ...(options.before !== undefined && { before: options.before }),
    ...(options.partition !== undefined && { partitions: options.partition }),
  });
  if (plan.partitions.length === 0) {
    note('There is nothing to delete.');
    return 0;
  }
  const text = JSON.stringify(plan);
  if (options.plan !== undefined) writePlan(options.plan, text);
  else if (options.json) print(text);
  else
    for (const entry of plan.partitions) print(`partition ${entry.partition}: before offset ${entry.offset}`);
  note(
    `Nothing was deleted: the Kafka client of this program cannot delete records (${offsets} offsets are meant).`,
  );
  if (options.plan === undefined) note('Write the plan with --plan purge.json, then run:');
  else note('Run:');
  const servers = config.kafka.bootstrap_servers.join(',');
  const file = options.plan ?? 'purge.json';
  note(`  kafka-delete-records.sh --bootstrap-server ${servers} --offset-json-file ${file}`);
  return options.plan === undefined ? 1 : 0;
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
