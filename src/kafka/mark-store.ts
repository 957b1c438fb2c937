import { setTimeout as sleep } from 'node:timers/promises';
import { KubesentimentError } from '../errors.ts';
import { marksFromText, marksToText, type PartitionMarks, type StallMark } from '../stall-marks.ts';
import type { TopicPartition } from '../types.ts';
import { fromRdkafka } from './errors.ts';
import type { GroupReader, GroupReaderOptions } from './group-reader.ts';
import type { Committed } from './start-positions.ts';
import { LazyReader } from './lazy-reader.ts';

/** Reading marks must not hold up an assignment where brokers do not answer, or not for this group. */
const READ_MS = 5_000;
const POLL_MS = 100;

/** The group that keeps the marks of a consumer group. It never has members, so anybody may commit to it. */
export function markGroupOf(group: string): string {
  return `${group}-watchdog`;
}

export interface MarkStoreOptions extends Omit<GroupReaderOptions, 'isolation' | 'onWarning'> {
  /** See `markGroupOf`. */
  readonly group: string;
  /** The user may not read the group: marks are neither found nor kept. Called once. */
  readonly onRefused?: ((group: string) => void) | undefined;
}

/**
 * Reads and writes what processes had in hand when their event loop stood still: texts of committed offsets in a group
 * of their own. In the consumer group itself only its members could commit, and the process that stands still is one.
 */
export class MarkStore {
  readonly #group: string;
  readonly #reader: LazyReader;
  readonly #onRefused: MarkStoreOptions['onRefused'];
  /** Nobody lets us look: asking again would only delay each assignment. */
  #isRefused = false;
  #refuse: () => void = () => undefined;
  readonly #refusal = new Promise<undefined>((resolve) => {
    this.#refuse = () => resolve(undefined);
  });

  constructor({ onRefused, ...options }: MarkStoreOptions) {
    this.#group = options.group;
    this.#onRefused = onRefused;
    this.#reader = new LazyReader({
      ...options,
      isolation: 'read_uncommitted',
      onWarning: (error) => this.#notice(error),
    });
  }

  /** Undefined for a partition without marks; empty if they cannot be read, which must not stop anything. */
  async marksOf(partitions: readonly TopicPartition[]): Promise<(StallMark[] | undefined)[]> {
    if (this.#isRefused) return [];
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(resolve, READ_MS, undefined);
    });
    const read = this.#read(partitions);
    read.catch((error) => this.#notice(error)); // which may come too late for this assignment
    try {
      return (await Promise.race([read, late, this.#refusal])) ?? [];
    } catch {
      return [];
    } finally {
      clearTimeout(timer);
    }
  }

  /** Replaces the marks of these partitions. */
  async write(partitions: readonly PartitionMarks[]): Promise<void> {
    const reader = await this.#reader.connected();
    await this.#committed(reader, partitions); // which waits until the group has a coordinator
    const offsets = partitions.map(({ topic, partition, marks }) => {
      return { topic, partition, offset: marks.at(-1)?.first ?? 0, metadata: marksToText(marks) };
    });
    reader.commitFromOutside(offsets);
  }

  close(): Promise<void> {
    return this.#reader.close();
  }

  #notice(error: unknown): void {
    if (this.#isRefused || !(error instanceof KubesentimentError) || error.code !== 'KS_NOT_AUTHORIZED')
      return;
    this.#isRefused = true;
    this.#refuse();
    this.#onRefused?.(this.#group);
  }

  async #committed(
    reader: GroupReader,
    partitions: readonly TopicPartition[],
  ): Promise<(Committed | undefined)[]> {
    let isOver = false;
    try {
      return await Promise.race([
        reader.committedEntries(partitions),
        this.#untilRefused(reader, () => isOver),
      ]);
    } finally {
      isOver = true;
    }
  }

  /** That nobody may ask for the coordinator is an error of the consumer, which only a poll delivers. */
  async #untilRefused(reader: GroupReader, isOver: () => boolean): Promise<never[]> {
    while (!isOver()) {
      const error = await reader.pollError();
      const known = error ? fromRdkafka(error, `Asking for the group "${this.#group}"`) : undefined;
      if (known?.code === 'KS_NOT_AUTHORIZED') throw known;
      await sleep(POLL_MS);
    }
    return [];
  }

  async #read(partitions: readonly TopicPartition[]): Promise<(StallMark[] | undefined)[]> {
    const reader = await this.#reader.connected();
    const found = await this.#committed(reader, partitions);
    return partitions.map((_, i) => found[i] && marksFromText(found[i].metadata));
  }
}
