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

  constructor(options: Omit<GroupReaderOptions, 'isolation'>) {
    this.#options = { ...options, isolation: 'read_uncommitted' };
  }

  /** Of every partition that the topic has, by number. KS_BROKER_UNREACHABLE, KS_TOPIC_MISSING, KS_NOT_AUTHORIZED. */
  async committedOf(topic: string): Promise<(Committed | undefined)[]> {
    const reader = await this.#connected();
    return reader.committedEntries(await reader.partitionsOf(topic));
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
