import type { StallMark } from '../stall-marks.ts';
import type { TopicPartition } from '../types.ts';
import type { GroupReaderOptions } from './group-reader.ts';
import { LazyReader } from './lazy-reader.ts';
import type { MarkStore } from './mark-store.ts';
import type { Committed } from './start-positions.ts';

export interface GroupPositionsOptions extends Omit<GroupReaderOptions, 'isolation'> {
  /** Undefined without a watchdog: there are no marks then. */
  readonly marks?: MarkStore | undefined;
}

/**
 * What the group has committed, for its own members. Asked over a connection of its own, which does not wait for
 * transactions that are open: whether there is a committed offset at all does not depend on how they end. Connects
 * when it is first asked.
 */
export class GroupPositions {
  readonly #reader: LazyReader;
  readonly #marks: MarkStore | undefined;
  readonly #firstIds = new Map<string, string>();
  readonly #withOffsets = new Set<string>();

  constructor({ marks, ...options }: GroupPositionsOptions) {
    this.#reader = new LazyReader({ ...options, isolation: 'read_uncommitted' });
    this.#marks = marks;
  }

  /** Of every partition that the topic has, by number. KS_BROKER_UNREACHABLE, KS_TOPIC_MISSING, KS_NOT_AUTHORIZED. */
  async committedOf(topic: string): Promise<(Committed | undefined)[]> {
    const reader = await this.#reader.connected();
    const committed = await reader.committedEntries(await reader.partitionsOf(topic));
    if (committed.some((entry) => entry !== undefined)) this.#withOffsets.add(topic);
    return committed;
  }

  /** The id that the topic had when it was first assigned here; `id` is what it is now. */
  firstIdOf(topic: string, id: string | undefined): string | undefined {
    if (id !== undefined && !this.#firstIds.has(topic)) this.#firstIds.set(topic, id);
    return this.#firstIds.get(topic);
  }

  /** Whether the group had offsets for the topic when it was asked before. */
  hadOffsets(topic: string): boolean {
    return this.#withOffsets.has(topic);
  }

  /** For each partition, what earlier processes had in hand when their event loop stood still. Never rejects. */
  async marksOf(
    partitions: readonly TopicPartition[],
  ): Promise<readonly (readonly StallMark[] | undefined)[]> {
    return (await this.#marks?.marksOf(partitions)) ?? [];
  }

  async close(): Promise<void> {
    await this.#reader.close();
    await this.#marks?.close();
  }
}
