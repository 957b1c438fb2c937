import { KubesentimentError } from '../errors.ts';
import { GroupReader, type GroupReaderOptions } from './group-reader.ts';

/** A reader of a group that connects when it is first needed, and tries again when that has failed. */
export class LazyReader {
  readonly #options: GroupReaderOptions;
  #reader: Promise<GroupReader> | undefined;
  #isClosed = false;

  constructor(options: GroupReaderOptions) {
    this.#options = options;
  }

  /** Rejects with KS_STATE once it is closed: nobody would close another client. */
  connected(): Promise<GroupReader> {
    if (this.#isClosed) return Promise.reject(new KubesentimentError('KS_STATE', 'The reader is closed.'));
    this.#reader ??= this.#connect();
    return this.#reader;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
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
