import { GroupReader, type GroupReaderOptions } from './group-reader.ts';

/** A reader of a group that connects when it is first needed, and tries again when that has failed. */
export class LazyReader {
  readonly #options: GroupReaderOptions;
  #reader: Promise<GroupReader> | undefined;

  constructor(options: GroupReaderOptions) {
    this.#options = options;
  }

  connected(): Promise<GroupReader> {
    this.#reader ??= this.#connect();
    return this.#reader;
  }

  async close(): Promise<void> {
    const reader = await this.#reader?.catch(() => undefined);
    await reader?.close();
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
