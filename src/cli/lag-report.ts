import type { LagReport } from '../cluster/lag-probe.ts';
import type { LagStatus } from '../lag.ts';
import { paint, seconds, table } from './common.ts';

/** 1: a partition is stalled. */
export function lagExitCode({ partitions }: LagReport): number {
  return partitions.some(({ status }) => status === 'stalled') ? 1 : 0;
}

const colours: Record<LagStatus, Parameters<typeof paint>[0]> = {
  ok: 'green',
  behind: 'yellow',
  stalled: 'red',
};

/** What `lag` prints. */
export function lagText({ group, at, partitions, messages }: LagReport): string {
  const rows = partitions.map((entry) => [
    entry.topic,
    entry.partition,
    entry.committedOffset ?? '-',
    entry.endOffset ?? '-',
    entry.messages,
    entry.seconds === null ? '-' : seconds(entry.seconds),
    entry.status,
  ]);
  const header = ['topic', 'partition', 'committed', 'end', 'messages', 'age', 'status'];
  const lines = table(header, rows).split('\n');
  const painted = lines.map((line) =>
    line.replace(/(ok|behind|stalled)$/, (s) => paint(colours[s as LagStatus], s)),
  );
  return `${painted.join('\n')}\nGroup ${group}: ${messages} messages waiting (${at}).`;
}
