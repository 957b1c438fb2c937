import type { DlqRecord } from './read.ts';

export interface DlqStats {
  readonly total: number;
  /** Records not written by this program. */
  readonly foreign: number;
  readonly bytes: number;
  readonly byReason: Readonly<Record<string, number>>;
  readonly byStage: Readonly<Record<string, number>>;
  readonly byPartition: Readonly<Record<string, number>>;
  /** Number of replays → how many dead letters. */
  readonly byReplays: Readonly<Record<string, number>>;
  /** When the oldest and the newest were written; undefined if there are none. */
  readonly oldest: string | undefined;
  readonly newest: string | undefined;
}

export async function collectStats(records: AsyncIterable<DlqRecord>): Promise<DlqStats> {
  const byReason = new Map<string, number>();
  const byStage = new Map<string, number>();
  const byPartition = new Map<string, number>();
  const byReplays = new Map<string, number>();
  let [total, foreign, bytes] = [0, 0, 0];
  let [oldest, newest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for await (const { letter } of records) {
    total++;
    bytes += letter.bytes;
    addOne(byPartition, String(letter.partition));
    oldest = Math.min(oldest, letter.timestamp);
    newest = Math.max(newest, letter.timestamp);
    if (letter.reason === undefined) {
      foreign++;
      continue;
    }
    addOne(byReason, letter.reason);
    addOne(byStage, letter.stage || '-');
    addOne(byReplays, String(letter.replays));
  }
  const time = (ms: number): string | undefined => (total === 0 ? undefined : new Date(ms).toISOString());
  return {
    total,
    foreign,
    bytes,
    byReason: sorted(byReason),
    byStage: sorted(byStage),
    byPartition: sorted(byPartition),
    byReplays: sorted(byReplays),
    oldest: time(oldest),
    newest: time(newest),
  };
}

export function addOne(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

/** Most frequent first. */
export function sorted(counts: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...counts].sort(([, a], [, b]) => b - a));
}
