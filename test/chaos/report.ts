import type { Finding } from '../../src/verify/tally.ts';
import type { CanaryVerdict } from './canary-answers.ts';
import type { Verdict } from './check.ts';
import type { DataKind, OwnVerdict } from './data.ts';
import type { FleetCounts } from './fleet.ts';
import type { LateRequests } from './late-requests.ts';
import type { ModelVerdict } from './model-answers.ts';
import { modelLines, type ModelsReport } from './model-lines.ts';
import type { LossCounts } from './packet-loss.ts';
import type { FaultKind } from './plan.ts';
import type { RecoveryTimes } from './recovery.ts';

export interface ChaosReport {
  /** Another program in place of ours. */
  readonly program?: string;
  /** What requests and results looked like, if not plain JSON, and what `verify` said of them. */
  readonly data?: DataKind;
  readonly verify?: OwnVerdict;
  readonly leftOut: readonly FaultKind[];
  readonly seed: number;
  readonly brokers: number;
  readonly delivery: 'exactly_once' | 'at_least_once';
  readonly records: number;
  readonly faults: Partial<Record<FaultKind, number>>;
  readonly faultCount: number;
  readonly durationS: number;
  /** Everything sent was committed by the group before time was up. */
  readonly drained: boolean;
  readonly verdict: Verdict;
  /** If models came and went. */
  readonly models?: ModelsReport;
  /** Whether each key was answered by the model that it had to be. */
  readonly canaries?: CanaryVerdict;
  readonly members: FleetCounts;
  readonly recovery: Partial<Record<FaultKind, RecoveryTimes>>;
  /** As the plan has it. */
  readonly slowBrokers: boolean;
  /** Of Apache Kafka. */
  readonly kafka: string;
  readonly transactionVersion: number | 'newest';
  /** Requests that came late, and what the broker answered. */
  readonly late: LateRequests['counts'];
  readonly packetLoss: LossCounts;
}

/** Whether the run shows what is promised. */
export function hasPassed(report: ChaosReport): boolean {
  const { drained, delivery, verdict, verify, models, canaries } = report;
  const {
    lost,
    duplicated,
    both,
    outOfOrder,
    unknown,
    outside,
    abortedButVisible,
    openRecords,
    withoutOrigin,
  } = verdict;
  // What comes twice comes late the second time, and may have become something else.
  const twice = delivery === 'exactly_once' ? [duplicated, both, outOfOrder] : [];
  const ofModels = [...modelFindings(models), ...canaryFindings(canaries)];
  const counts = [lost, unknown, ...twice, ...ofModels].map(({ count }) => count);
  return (
    drained &&
    (verify?.code ?? 0) === 0 &&
    [...counts, outside, abortedButVisible, openRecords, withoutOrigin].every((count) => count === 0)
  );
}

function modelFindings(models: ModelVerdict | undefined): Finding[] {
  if (models === undefined) return [];
  const { wrong, unlike, tooEarly, wrongStage, wentBack } = models;
  return [wrong, unlike, tooEarly, wrongStage, wentBack];
}

function canaryFindings(canaries: CanaryVerdict | undefined): Finding[] {
  return canaries === undefined ? [] : [canaries.outside, canaries.otherSide, canaries.notItsTime];
}

export function printReport(report: ChaosReport): string {
  const { verdict, members } = report;
  // The log of another program is not parsed.
  const isOurs = report.program === undefined;
  const n = (value: number): string => value.toLocaleString('en-US');
  const row = (name: string, value: string | number): string =>
    `  ${name.padEnd(24)}${typeof value === 'number' ? n(value) : value}`;
  const finding = (name: string, { count, examples }: Finding): string =>
    row(name, count === 0 ? 0 : `${n(count)}   ${examples.join(' ')}`);
  const failures = Object.entries(members.failures).map(([code, count]) => `${code} × ${count}`);
  return [
    `${hasPassed(report) ? '' : 'NOT '}${report.delivery.replaceAll('_', ' ').toUpperCase()}`,
    finding('lost', verdict.lost),
    finding('duplicated', verdict.duplicated),
    finding('out of order', verdict.outOfOrder),
    finding('both', verdict.both),
    row('aborted but visible', verdict.abortedButVisible),
    finding('of unknown requests', { ...verdict.unknown, count: verdict.unknown.count + verdict.outside }),
    row('without a request', verdict.withoutOrigin),
    row('in open transactions', verdict.openRecords),
    ...(report.verify
      ? [row('verify', `${n(report.verify.requests)} requests, exit code ${report.verify.code}`)]
      : []),
    ...modelLines(report, row, finding),
    ...(report.drained ? [] : ['  Not everything was committed before time was up.']),
    '',
    row('requests', verdict.requests),
    row('results', verdict.results),
    row('dead letters', verdict.deadLetters),
    row('aborted, invisible', verdict.abortedRecords),
    row('transactions committed', verdict.transactions.committed),
    row(
      'transactions aborted',
      `${n(verdict.transactions.aborted)} by marker${isOurs ? `, ${n(members.transactionsAborted)} by log` : ''}`,
    ),
    ...(isOurs ? [row('producers renewed', members.producersRenewed)] : []),
    row('faults', report.faultCount),
    ...(report.leftOut.length > 0 ? [row('left out', report.leftOut.join(', '))] : []),
    row('processes started', members.starts),
    row('killed', members.kills),
    row(
      'terminated',
      `${n(members.terminations)}, ${members.unclean} not with 0, ${members.hung} not in time`,
    ),
    ...Object.entries(members.uncleanBy).map(([reason, count]) => row(`  ${reason}`, count)),
    row('ended by themselves', failures.length === 0 ? 0 : failures.join(', ')),
    ...(isOurs ? [row('rebalance callbacks', members.rebalances)] : []),
    row('duration', `${report.durationS} s`),
    ...lateLines(report, row),
    '',
    '  recovery: until every partition has a new visible record, ms',
    ...Object.entries(report.recovery).map(([kind, { faults, medianMs, maxMs }]) =>
      row(`  ${kind}`, `median ${n(medianMs)}, max ${n(maxMs)}, of ${faults}`),
    ),
  ].join('\n');
}

/** How many requests came late, and what the broker made of them. */
function lateLines(
  { late, packetLoss }: ChaosReport,
  row: (name: string, value: string | number) => string,
): string[] {
  const list = (counts: object): string =>
    Object.entries(counts)
      .map(([name, count]) => `${name} × ${count}`)
      .join(', ');
  const kinds = Object.entries(late);
  const total = kinds.reduce((sum, [, { holds }]) => sum + holds, 0);
  const held = kinds.map(([kind, { holds, answers, taken }]) => {
    const when = Object.keys(taken).length > 0 ? `; taken: ${list(taken)}` : '';
    return row(`  ${kind}`, `${holds}: ${list(answers)}${when}`);
  });
  const lost =
    packetLoss.losses > 0 ? [row('packets lost', `${packetLoss.losses}: ${list(packetLoss.answers)}`)] : [];
  return [...(total > 0 ? [row('requests held', total), ...held] : []), ...lost];
}
