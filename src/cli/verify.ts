import type { Command } from 'commander';
import { KubesentimentError } from '../errors.ts';
import type { Finding } from '../verify/tally.ts';
import { isAsPromised, verifyDelivery, type VerifyReport } from '../verify/verify.ts';
import {
  type CommonOptions,
  type Done,
  print,
  printJson,
  table,
  withExamples,
  withSettings,
} from './common.ts';
import { loadSettings } from './settings.ts';

interface Options extends CommonOptions {
  readonly origin?: string;
  readonly deadLetterOrigin?: string;
  /** false with `--no-dead-letters`. */
  readonly deadLetters: boolean;
  readonly json?: boolean;
}

export function registerVerifyCommand(program: Command, done: Done): void {
  const command = withSettings(program.command('verify'))
    .description(
      'compare requests with results and dead letters, and report what was lost, duplicated or out of order',
    )
    .option(
      '--origin <place>',
      'where a result names its request: a JSON Pointer into the value, or header:NAME, to an object with topic, ' +
        'partition and offset; or one place for each: partition=PLACE,offset=PLACE[,topic=PLACE]; default /source',
    )
    .option(
      '--dead-letter-origin <place>',
      'the same for dead letters; default: the kafka_dlt-original- headers',
    )
    .option('--no-dead-letters', 'there is no dead-letter topic: every request must have a result')
    .option('--json', 'print JSON')
    .action(async (options: Options) => done(await runVerify(options)));
  withExamples(
    command,
    'kubesentiment verify --config configs/kafka.yaml',
    'kubesentiment verify --config configs/kafka.yaml --no-dead-letters --origin /meta/source',
    'kubesentiment verify --config configs/kafka.yaml --no-dead-letters --origin partition=/from,offset=header:offset',
  );
}

/** Exit code 1 if the promise of `kafka.delivery` was broken. */
async function runVerify(options: Options): Promise<number> {
  const { origin, deadLetterOrigin, deadLetters } = options;
  if (!deadLetters && deadLetterOrigin !== undefined) {
    throw new KubesentimentError('KS_USAGE', '--dead-letter-origin makes no sense without dead letters.', {
      remedy: 'Drop --dead-letter-origin or --no-dead-letters.',
    });
  }
  const { config } = loadSettings(options, process.env);
  const report = await verifyDelivery(config, { origin, deadLetterOrigin, deadLetters });
  if (options.json) printJson(report);
  else print(format(report));
  return isAsPromised(report) ? 0 : 1;
}

function format(report: VerifyReport): string {
  const {
    group,
    delivery,
    requests,
    results,
    deadLetters,
    pending,
    forgotten,
    passedOver,
    outside,
    withoutOrigin,
    beforeStart,
    tombstones,
    skipped,
    ofEarlierLog,
  } = report;
  const rows: [string, Finding][] = [
    ['lost', report.lost],
    ['duplicated', report.duplicated],
    ['both result and dead letter', report.both],
    ['out of order', report.outOfOrder],
    ['of unknown requests', report.unknown],
  ];
  return [
    `Group ${group}, ${delivery}: ${requests} requests, ${results} results, ${deadLetters} dead letters read.`,
    table(
      ['finding', 'count', 'examples'],
      rows.map(([name, { count, examples }]) => [name, count, examples.slice(0, 3).join(' ')]),
    ),
    ...remark(pending, 'requests are not finished yet.'),
    ...remark(
      forgotten,
      'requests without a record are older than the oldest retained one, so nothing can be said about them.',
    ),
    ...remark(
      passedOver.count,
      'requests have no record, which is normal with dlq_enabled: false or dedup: id.',
    ),
    ...remark(beforeStart, 'requests came before the group began to read.'),
    ...remark(tombstones, 'records have no value: tombstones, which are passed over.'),
    ...remark(skipped, 'requests were deleted before the group had read them.'),
    ...remark(
      ofEarlierLog,
      'records belong to an earlier log: the request topic was created again, or cut off.',
    ),
    ...remark(outside, 'records belong to requests that were deleted, or that arrived after the start.'),
    ...remark(withoutOrigin, 'results or dead letters do not name a request (see --origin).'),
    isAsPromised(report)
      ? `Everything is as ${delivery} promises.`
      : `This breaks the promise of ${delivery}.`,
  ].join('\n');
}

function remark(count: number, sentence: string): string[] {
  return count === 0 ? [] : [`${count} ${sentence}`];
}
