import type { LagReport } from '../cluster/lag-probe.ts';
import type { LagStatus } from '../lag.ts';
import { paint, seconds, table } from './common.ts';

/** 1: a partition is stalled or blocked, or the group has never read these topics. */
export function lagExitCode({ isKnown, partitions }: LagReport): number {
  if (!isKnown) return 1;
  return partitions.some(({ status }) => status === 'stalled' || status === 'blocked') ? 1 : 0;
}

const colours: Record<LagStatus, Parameters<typeof paint>[0]> = {
  ok: 'green',
  behind: 'yellow',
  stalled: 'red',
  blocked: 'red',
};

/** What `lag` prints. */
export function lagText({ group, isKnown, at, partitions, messages }: LagReport): string {
  const rows = partitions.map((entry) => [
    entry.topic,
    entry.partition,
    entry.committedOffset ?? '-',
    entry.endOffset ?? '-',
    entry.heldBack,
    entry.messages,
    entry.seconds === null ? '-' : seconds(entry.seconds),
    entry.status,
  ]);
  const header = ['topic', 'partition', 'committed', 'end', 'held back', 'messages', 'age', 'status'];
  const lines = table(header, rows).split('\n');
  const painted = lines.map((line) =>
    line.replace(/(ok|behind|stalled|blocked)$/, (s) => paint(colours[s as LagStatus], s)),
  );
  const blockers = partitions.flatMap(({ topic, partition, heldBack, heldBackSeconds, holder }) => {
    if (heldBack === 0) return [];
    const age = heldBackSeconds === null ? 'of unknown age' : `open for ${seconds(heldBackSeconds)}`;
    return [`${topic}/${partition}: ${heldBack} records wait behind a transaction of ${holder}, ${age}.`];
  });
  const notDue = partitions.reduce((sum, entry) => sum + (entry.notDue ?? 0), 0);
  if (notDue > 0) blockers.push(`${notDue} more have failed and wait in retry topics; they are not due yet.`);
  if (!isKnown) {
    const sentence = `The group ${group} has committed no offsets in these topics: is that its name, has it ever run?`;
    return [...painted, ...blockers, paint('red', sentence)].join('\n');
  }
  return [...painted, ...blockers, `Group ${group}: ${messages} messages waiting (${at}).`].join('\n');
}
