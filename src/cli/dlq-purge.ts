import { writeFileSync } from 'node:fs';
import { canAskBrokers } from '../cluster/brokers.ts';
import { runDeleteRecords } from '../dead-letters/delete-records-tool.ts';
import { carryOut, countLetters, type Purge, planPurge } from '../dead-letters/purge.ts';
import type { Config } from '../config/schema.ts';
import { KubesentimentError } from '../errors.ts';
import { auditChange } from './audit.ts';
import { type CommonOptions, note, print } from './common.ts';
import { confirm } from './confirm.ts';
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

/** Deletes dead letters, or writes a plan for someone else to. Exit code 0 only if the request was carried out. */
export async function runPurge(options: PurgeOptions): Promise<number> {
  const { config } = loadSettings(options, process.env);
  const meant = {
    ...(options.before !== undefined && { before: options.before }),
    ...(options.partition !== undefined && { partitions: options.partition }),
  };
  const purge = await planPurge(config, meant);
  const letters = await countLetters(config, purge.plan);
  const many = `${letters} dead letter${letters === 1 ? '' : 's'}`;
  if (purge.plan.partitions.length === 0) {
    note('Nothing to delete.');
    return 0;
  }
  if (options.plan !== undefined) {
    writePlan(options.plan, JSON.stringify(purge.plan));
    note(
      `Nothing was deleted yet (${many} selected). The plan is for Kafka's own tool, kafka-delete-records.sh.`,
    );
    return 0;
  }
  if (!(await isConfirmed(config, purge, many, options))) {
    note('Nothing was deleted.');
    return 1;
  }
  if (options.tool === undefined && canAskBrokers(config)) await carryOut(config, purge.plan);
  else {
    await runDeleteRecords(purge.plan, {
      bootstrapServers: config.kafka.bootstrap_servers,
      ...(options.tool !== undefined && { tool: options.tool }),
      ...(options.commandConfig !== undefined && { commandConfig: options.commandConfig }),
    });
  }
  // The tool's output is for people. Whether the records are gone, only the broker knows.
  const left = await planPurge(config, { ...meant, upTo: purge.plan });
  if (left.offsets > 0) {
    throw new KubesentimentError(
      'KS_KAFKA_FATAL',
      `${left.offsets} of ${purge.offsets} offsets are still there.`,
      {
        remedy: 'Check that the user has the right to delete from the topic, then run it again.',
      },
    );
  }
  const places = purge.plan.partitions.map(
    (place) => `${place.topic}/${place.partition}: before ${place.offset}`,
  );
  auditChange(config, 'dlq purge', places);
  if (options.json) print(JSON.stringify({ deleted: letters, offsets: purge.offsets, ...purge.plan }));
  else print(`Deleted ${many} of ${config.kafka.dlq_topic}.`);
  return 0;
}

/** Deleting cannot be undone: a person types the name of the topic, a script passes --yes. */
async function isConfirmed(
  config: Config,
  { plan }: Purge,
  many: string,
  options: PurgeOptions,
): Promise<boolean> {
  const usesTool = options.tool !== undefined || !canAskBrokers(config);
  if (usesTool && config.kafka.security_protocol !== 'PLAINTEXT' && options.commandConfig === undefined) {
    throw new KubesentimentError(
      'KS_USAGE',
      "Kafka's tool needs client properties to reach a secured cluster.",
      {
        remedy: 'Pass them with --command-config FILE.',
      },
    );
  }
  if (options.yes === true) return true;
  for (const { partition, offset } of plan.partitions)
    note(`partition ${partition}: before offset ${offset}`);
  return confirm({
    will: `${many} will be deleted for good.`,
    would: `${many} would be deleted`,
    name: config.kafka.dlq_topic,
    otherwise: ', or write a plan with --plan FILE',
  });
}

function writePlan(file: string, text: string): void {
  try {
    writeFileSync(file, `${text}\n`, { flag: 'wx' });
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code;
    const remedy =
      reason === 'EEXIST'
        ? 'Existing files are never overwritten; choose another name.'
        : 'Choose another file.';
    throw new KubesentimentError('KS_USAGE', `Cannot write ${file} (${reason}).`, {
      remedy,
      cause: error,
    });
  }
}
