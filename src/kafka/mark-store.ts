import { marksFromText, marksToText, type PartitionMarks, type StallMark } from '../stall-marks.ts';
import type { TopicPartition } from '../types.ts';
import type { GroupReaderOptions } from './group-reader.ts';
import { LazyReader } from './lazy-reader.ts';

/** Reading marks must not hold up an assignment where brokers do not answer, or not for this group. */
const READ_MS = 5_000;

/** The group that keeps the marks of a consumer group. It never has members, so anybody may commit to it. */
export function markGroupOf(group: string): string {
  return `${group}-watchdog`;
}

/**
 * Reads and writes what processes had in hand when their event loop stood still: texts of committed offsets in a group
 * of their own. In the consumer group itself only its members could commit, and the process that stands still is one.
 */
export class MarkStore {
  readonly #reader: LazyReader;
  /** Nobody lets us look: asking again would only delay each assignment. */
  #isRefused = false;
  #refuse: () => void = () => undefined;
  readonly #refusal = new Promise<undefined>((resolve) => {
    this.#refuse = () => resolve(undefined);
  });

  /** `group`: see `markGroupOf`. */
  constructor(options: Omit<GroupReaderOptions, 'isolation' | 'onWarning'>) {
    this.#reader = new LazyReader({
      ...options,
      isolation: 'read_uncommitted',
      onWarning: ({ code }) => {
        if (code !== 'KS_NOT_AUTHORIZED') return;
        this.#isRefused = true;
        this.#refuse();
      },
    });
  }

  /** Undefined for a partition without marks; empty if they cannot be read, which must not stop anything. */
  async marksOf(partitions: readonly TopicPartition[]): Promise<(StallMark[] | undefined)[]> {
    if (this.#isRefused) return [];
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(resolve, READ_MS, undefined);
    });
    try {
      return (await Promise.race([this.#read(partitions), late, this.#refusal])) ?? [];
    } catch {
      return [];
    } finally {
      clearTimeout(timer);
    }
  }

  /** Replaces the marks of these partitions. */
  async write(partitions: readonly PartitionMarks[]): Promise<void> {
    const reader = await this.#reader.connected();
    await reader.committedEntries(partitions); // which waits until the group has a coordinator
    const offsets = partitions.map(({ topic, partition, marks }) => {
      return { topic, partition, offset: marks.at(-1)?.first ?? 0, metadata: marksToText(marks) };
    });
    reader.commitFromOutside(offsets);
  }

  close(): Promise<void> {
    return this.#reader.close();
  }

  async #read(partitions: readonly TopicPartition[]): Promise<(StallMark[] | undefined)[]> {
    const reader = await this.#reader.connected();
    const found = await reader.committedEntries(partitions);
    return partitions.map((_, i) => found[i] && marksFromText(found[i].metadata));
  }
}
