import { GroupReader, type GroupReaderOptions } from './group-reader.ts';
import type { Committed } from './start-positions.ts';

/**
 * What the group has committed, for its own members. Asked over a connection of its own, which does not wait for
 * transactions that are open: whether there is a committed offset at all does not depend on how they end. Connects
 * when it is first asked.
 */
export class GroupPositions {
  readonly #options: GroupReaderOptions;
  #reader: Promise<GroupReader> | undefined;
  readonly #firstIds = new Map<string, string>();
  readonly #withOffsets = new Set<string>();

  constructor(options: Omit<GroupReaderOptions, 'isolation'>) {
    this.#options = { ...options, isolation: 'read_uncommitted' };
  }

  /** Of every partition that the topic has, by number. KS_BROKER_UNREACHABLE, KS_TOPIC_MISSING, KS_NOT_AUTHORIZED. */
  async committedOf(topic: string): Promise<(Committed | undefined)[]> {
    const reader = await this.#connected();
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

  async close(): Promise<void> {
    const reader = await this.#reader?.catch(() => undefined);
    await reader?.close();
  }

  #connected(): Promise<GroupReader> {
    this.#reader ??= this.#connect();
    return this.#reader;
  }

  async #connect(): Promise<GroupReader> {
    const reader = new GroupReader(this.#options);
    try {
      await reader.connect();
      return reader;
    } catch (error) {
      this.#reader = undefined; // the next call tries again
      await reader.close().catch(() => undefined);
      throw error;
    }
  }
}
