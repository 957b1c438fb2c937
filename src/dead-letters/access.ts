import type { Config } from '../config/schema.ts';
import { type ShownHeaders, type ShownValue, shownHeaders, shownValue } from './content.ts';
import type { DlqFilter } from './filter.ts';
import { type DlqOverview, surveyDeadLetters } from './overview.ts';
import { findDeadLetter, type ListedLetter, listDeadLetters, readDeadLetters, withReplay } from './read.ts';
import { type ReplayOptions, type ReplayReport, replayDeadLetters } from './replay.ts';
import { collectStats, type DlqStats } from './stats.ts';

/** What a server may do with the dead-letter topic: the same as the commands, within limits. */
export interface DlqAccess {
  /** At most `limit` dead letters. `more`: there may be others. */
  list(filter: DlqFilter, limit: number): Promise<{ letters: readonly ListedLetter[]; more: boolean }>;
  /** undefined if no dead letter has this offset. */
  find(partition: number, offset: number): Promise<ListedLetter | undefined>;
  stats(filter: DlqFilter): Promise<DlqStats & { readonly more: boolean }>;
  /** Counts, a histogram and the newest `limit`, in one pass. */
  overview(
    filter: DlqFilter,
    options: { readonly limit: number; readonly isReplayed?: boolean | undefined },
  ): Promise<DlqOverview>;
  /** What the producer wrote; undefined: there is no dead letter at this offset. */
  headers(partition: number, offset: number): Promise<ShownHeaders | undefined>;
  value(partition: number, offset: number): Promise<ShownValue | undefined>;
  replay(options: ReplayOptions): Promise<ReplayReport>;
}

/** `scannedMax`: how many records may be read for one list or one set of statistics. */
export function dlqAccess(config: Config, scannedMax: number): DlqAccess {
  return {
    list: (filter, limit) => listDeadLetters(config, filter, { limit, scannedMax }),
    find: async (partition, offset) => {
      const found = await findDeadLetter(config, partition, offset);
      return found && withReplay(config, found.letter);
    },
    stats: async (filter) => {
      const scan = { scannedMax, isCut: false };
      const stats = await collectStats(readDeadLetters(config, filter, scan));
      return { ...stats, more: scan.isCut };
    },
    overview: (filter, options) => surveyDeadLetters(config, filter, { ...options, scannedMax }),
    headers: async (partition, offset) => {
      const found = await findDeadLetter(config, partition, offset);
      return found && shownHeaders(found.message);
    },
    value: async (partition, offset) => {
      const found = await findDeadLetter(config, partition, offset);
      return found && shownValue(found.message);
    },
    replay: (options) => replayDeadLetters(config, options),
  };
}
