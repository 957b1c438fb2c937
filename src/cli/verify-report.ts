import type { Finding } from '../verify/tally.ts';
import { isAsPromised, type VerifyReport } from '../verify/verify.ts';
import { table } from './common.ts';

/** 0: as promised, 1: not. */
export function verifyExitCode(report: VerifyReport): number {
  return isAsPromised(report) ? 0 : 1;
}

/** What `verify` prints. */
export function verifyText(report: VerifyReport): string {
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
