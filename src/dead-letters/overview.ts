import type { Config } from '../config/schema.ts';
import { clusterProperties } from '../cluster/access.ts';
import type { DlqFilter } from './filter.ts';
import { HistogramBuilder, type TimeHistogram } from './histogram.ts';
import { type ListedLetter, readDeadLetters, type Scan } from './read.ts';
import { ReplayProgress } from './replay-progress.ts';
import { addOne, sorted } from './stats.ts';

export interface OverviewOptions {
  /** The newest so many are listed. */
  readonly limit: number;
  readonly scannedMax: number;
  /** Only those that have been replayed, or only those that have not. */
  readonly isReplayed?: boolean | undefined;
}

/** What a person looks at first: how many, why, when, and the newest of them. */
export interface DlqOverview {
  /** Newest first. */
  readonly letters: readonly ListedLetter[];
  readonly total: number;
  readonly replayed: number;
  readonly byReason: Readonly<Record<string, number>>;
  readonly byPartition: Readonly<Record<string, number>>;
  readonly histogram: TimeHistogram;
  /** The topic has not been read to its end: the counts may be too low. */
  readonly isCut: boolean;
}

const BARS_MAX = 60;
/** A topic may have any number of partitions; only so many are reported. */
const PARTITIONS_MAX = 1_000;

/** One pass over the topic, which keeps no more than twice `limit` dead letters. */
export async function surveyDeadLetters(
  config: Config,
  filter: DlqFilter,
  { limit, scannedMax, isReplayed }: OverviewOptions,
): Promise<DlqOverview> {
  const scan: Scan = { scannedMax };
  const progress = new ReplayProgress(config, clusterProperties(config));
  const histogram = new HistogramBuilder(BARS_MAX);
  const byReason = new Map<string, number>();
  const byPartition = new Map<string, number>();
  let newest: ListedLetter[] = [];
  let [total, replayed] = [0, 0];
  try {
    for await (const { letter } of readDeadLetters(config, filter, scan)) {
      const { reason, partition, offset } = letter;
      const isDone = reason !== undefined && (await progress.isDone(reason, partition, offset));
      if (isReplayed !== undefined && isReplayed !== isDone) continue;
      total++;
      if (isDone) replayed++;
      if (reason !== undefined) addOne(byReason, reason);
      if (byPartition.size < PARTITIONS_MAX || byPartition.has(String(partition)))
        addOne(byPartition, String(partition));
      histogram.add(letter.timestamp);
      newest.push({ ...letter, isReplayed: isDone });
      if (newest.length >= 2 * limit) newest = newestOf(newest, limit);
    }
  } finally {
    await progress.close();
  }
  return {
    letters: newestOf(newest, limit),
    total,
    replayed,
    byReason: sorted(byReason),
    byPartition: sorted(byPartition),
    histogram: histogram.build(),
    isCut: scan.isCut === true,
  };
}

function newestOf(letters: readonly ListedLetter[], limit: number): ListedLetter[] {
  return letters
    .toSorted((a, b) => b.timestamp - a.timestamp || a.partition - b.partition || b.offset - a.offset)
    .slice(0, limit);
}
