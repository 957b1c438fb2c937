import type { ChaosReport } from './run.ts';

/** Whether the run shows what is promised. */
export function hasPassed({ drained, delivery, verdict }: ChaosReport): boolean {
  const { lost, duplicated, both, outOfOrder, unknown, outside, abortedButVisible, openRecords } = verdict;
  // What comes twice comes late the second time, and may have become something else.
  const twice = delivery === 'exactly_once' ? [duplicated, both, outOfOrder] : [];
  const counts = [lost, unknown, ...twice].map(({ count }) => count);
  return drained && [...counts, outside, abortedButVisible, openRecords].every((count) => count === 0);
}

export function printReport(report: ChaosReport): string {
  const { verdict, members } = report;
  const n = (value: number): string => value.toLocaleString('en-US');
  const row = (name: string, value: string | number): string =>
    `  ${name.padEnd(24)}${typeof value === 'number' ? n(value) : value}`;
  const finding = (
    name: string,
    { count, examples }: { count: number; examples: readonly string[] },
  ): string => row(name, count === 0 ? 0 : `${n(count)}   ${examples.join(' ')}`);
  const failures = Object.entries(members.failures).map(([code, count]) => `${code} × ${count}`);
  return [
    `${hasPassed(report) ? '' : 'NOT '}${report.delivery.replaceAll('_', ' ').toUpperCase()}`,
    finding('lost', verdict.lost),
    finding('duplicated', verdict.duplicated),
    finding('out of order', verdict.outOfOrder),
    finding('both', verdict.both),
    row('aborted but visible', verdict.abortedButVisible),
    finding('of unknown requests', { ...verdict.unknown, count: verdict.unknown.count + verdict.outside }),
    row('in open transactions', verdict.openRecords),
    ...(report.drained ? [] : ['  Not everything was committed before time was up.']),
    '',
    row('requests', verdict.requests),
    row('results', verdict.results),
    row('dead letters', verdict.deadLetters),
    row('aborted, invisible', verdict.abortedRecords),
    row('transactions committed', verdict.transactions.committed),
    row(
      'transactions aborted',
      `${n(verdict.transactions.aborted)} by marker, ${n(members.transactionsAborted)} by log`,
    ),
    row('producers renewed', members.producersRenewed),
    row('faults', report.faultCount),
    row('processes started', members.starts),
    row('killed', members.kills),
    row(
      'terminated',
      `${n(members.terminations)}, ${members.unclean} not with 0, ${members.hung} not in time`,
    ),
    row('ended by themselves', failures.length === 0 ? 0 : failures.join(', ')),
    row('rebalance callbacks', members.rebalances),
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
