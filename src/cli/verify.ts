import type { Command } from 'commander';
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
  readonly json?: boolean;
}

export function registerVerifyCommand(program: Command, done: Done): void {
  const command = withSettings(program.command('verify'))
    .description(
      'compare requests with results and dead letters, and report what was lost, duplicated or out of order',
    )
    .option('--json', 'print JSON')
    .action(async (options: Options) => done(await runVerify(options)));
  withExamples(command, 'kubesentiment verify --config configs/kafka.yaml');
}

/** Exit code 1 if the promise of `kafka.delivery` was broken. */
async function runVerify(options: Options): Promise<number> {
  const { config } = loadSettings(options, process.env);
  const report = await verifyDelivery(config);
  if (options.json) printJson(report);
  else print(format(report));
  return isAsPromised(report) ? 0 : 1;
}

function format(report: VerifyReport): string {
  const { group, delivery, requests, results, deadLetters, pending, forgotten, passedOver, outside } = report;
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
    ...remark(outside, 'records belong to requests that were deleted, or that arrived after the start.'),
    isAsPromised(report)
      ? `Everything is as ${delivery} promises.`
      : `This breaks the promise of ${delivery}.`,
  ].join('\n');
}

function remark(count: number, sentence: string): string[] {
  return count === 0 ? [] : [`${count} ${sentence}`];
}
