import type { Finding } from '../verify/tally.ts';
import type { HeldBack } from '../kafka/held-back.ts';
import type { Verdict } from '../verify/verdict.ts';
import type { VerifyReport } from '../verify/verify.ts';
import { seconds, table } from './common.ts';

/** 0: as promised, 1: not, 3: nobody can tell. */
export function verifyExitCode({ verdict }: VerifyReport): number {
  return exitCodes[verdict];
}

const exitCodes: Readonly<Record<Verdict, number>> = { kept: 0, broken: 1, unknown: 3 };

/** What `verify` prints. */
export function verifyText(report: VerifyReport): string {
  const {
    group,
    delivery,
    requests,
    results,
    deadLetters,
    pending,
    putOff,
    forgotten,
    passedOver,
    outside,
    withoutOrigin,
    beforeStart,
    tombstones,
    skipped,
    ofEarlierLog,
    ofOtherGroups,
    heldBack,
  } = report;
  const rows: [string, Finding][] = [
    ['lost', report.lost],
    ['duplicated', report.duplicated],
    ['both result and dead letter', report.both],
    ['out of order', report.outOfOrder],
    ['of unknown requests', report.unknown],
    ['lost or stuck', report.stuck],
    ['older than their request', report.tooOld],
    ['answered by another group only', report.onlyOfOthers],
  ];
  return [
    `Group ${group}, ${delivery}: ${requests} requests, ${results} results, ${deadLetters} dead letters read.`,
    table(
      ['finding', 'count', 'examples'],
      rows.map(([name, { count, examples }]) => [name, count, examples.slice(0, 3).join(' ')]),
    ),
    ...remark(pending, 'requests are not finished yet.'),
    ...remark(putOff, 'requests have failed and wait in a retry topic for another try.'),
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
    ...remark(
      report.stuck.count,
      'requests are not finished, although the group has been at work since: they are stuck, or lost.',
    ),
    ...remark(
      report.tooOld.count,
      'records are older than the request they name: of an earlier topic with that name, or its clock is wrong.',
    ),
    ...Object.entries(ofOtherGroups).map(
      ([group, count]) =>
        `${count} results or dead letters were written by the group ${group}, and do not count here.`,
    ),
    ...heldBack.map(heldBackSentence),
    verdictSentence(report),
  ].join('\n');
}

function remark(count: number, sentence: string): string[] {
  return count === 0 ? [] : [`${count} ${sentence}`];
}

function heldBackSentence({
  topic,
  partition,
  stableOffset,
  highWatermark,
  seconds: age,
  holder,
}: HeldBack): string {
  const open = age === null ? 'of unknown age' : `open for ${seconds(age)}`;
  const records = `The last ${highWatermark - stableOffset} records of ${topic}/${partition} could not be read`;
  return `${records}: they are behind a transaction of ${holder}, ${open}.`;
}

function verdictSentence({ verdict, delivery }: VerifyReport): string {
  if (verdict === 'kept') return `Everything is as ${delivery} promises.`;
  if (verdict === 'broken') return `This breaks the promise of ${delivery}.`;
  return `Nothing here breaks the promise of ${delivery}, but not everything could be checked.`;
}
