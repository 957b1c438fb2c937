import type { ProcessedMessage } from '../session/commit-report.ts';

export interface ResultsOptions {
  /**
   * How many results may wait for a slow reader; beyond that the oldest commits are dropped and counted. The newest
   * commit is always kept, however large. Default: `kafka.buffer_size`.
   */
  readonly bufferMax?: number | undefined;
}

/** The results of one commit after another. */
export interface ResultStream extends AsyncIterator<readonly ProcessedMessage[], undefined> {
  /** How many results this reader has missed because it was too slow. */
  readonly dropped: number;
  next(): Promise<IteratorResult<readonly ProcessedMessage[], undefined>>;
  return(): Promise<IteratorReturnResult<undefined>>;
  [Symbol.asyncIterator](): ResultStream;
}

export interface ReaderOptions {
  readonly bufferMax: number;
  /** Called when a reader that had kept up misses results. */
  readonly onDropped: () => void;
}

/** Those who iterate over the results of a consumer. Each has a buffer of its own and never slows the consumer. */
export class ResultReaders {
  readonly #readers = new Set<Reader>();

  get isEmpty(): boolean {
    return this.#readers.size === 0;
  }

  open(options: ReaderOptions): ResultStream {
    const reader = new Reader(options, () => this.#readers.delete(reader));
    this.#readers.add(reader);
    return reader.stream;
  }

  deliver(messages: readonly ProcessedMessage[]): void {
    for (const reader of this.#readers) reader.add(messages);
  }

  /** There will be no more results, because of `failure` if there is one. What waits is still read. */
  end(failure?: unknown): void {
    for (const reader of this.#readers) reader.end(failure);
    this.#readers.clear();
  }
}

type Step = IteratorResult<readonly ProcessedMessage[], undefined>;

interface Waiting {
  readonly resolve: (step: Step) => void;
  readonly reject: (reason: unknown) => void;
}

const done = { done: true, value: undefined } as const;

/** Either commits wait to be read or calls of `next` wait for a commit, never both. */
class Reader {
  readonly #options: ReaderOptions;
  readonly #close: () => void;
  readonly #commits: (readonly ProcessedMessage[])[] = [];
  readonly #waiting: Waiting[] = [];
  #buffered = 0;
  #dropped = 0;
  #isBehind = false;
  #hasEnded = false;
  /** Told to the first `next` behind the last commit. */
  #failure: unknown;

  constructor(options: ReaderOptions, close: () => void) {
    this.#options = options;
    this.#close = close;
  }

  get stream(): ResultStream {
    const dropped = (): number => this.#dropped;
    const stream: ResultStream = {
      get dropped() {
        return dropped();
      },
      next: () => this.#next(),
      return: () => this.#return(),
      [Symbol.asyncIterator]: () => stream,
    };
    return stream;
  }

  add(messages: readonly ProcessedMessage[]): void {
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) {
      waiting.resolve({ done: false, value: messages });
      return;
    }
    this.#commits.push(messages);
    this.#buffered += messages.length;
    this.#dropOldest();
  }

  end(failure: unknown): void {
    this.#hasEnded = true;
    this.#failure = failure;
    for (const { resolve, reject } of this.#waiting.splice(0)) {
      const reason = this.#takeFailure();
      if (reason === undefined) resolve(done);
      else reject(reason);
    }
  }

  #dropOldest(): void {
    const { bufferMax, onDropped } = this.#options;
    while (this.#buffered > bufferMax && this.#commits.length > 1) {
      const missed = this.#take();
      this.#dropped += missed.length;
      if (!this.#isBehind) onDropped();
      this.#isBehind = true;
    }
  }

  #take(): readonly ProcessedMessage[] {
    const messages = this.#commits.shift() ?? [];
    this.#buffered -= messages.length;
    return messages;
  }

  async #next(): Promise<Step> {
    if (this.#commits.length > 0) {
      const value = this.#take();
      if (this.#commits.length === 0) this.#isBehind = false;
      return { done: false, value };
    }
    const failure = this.#takeFailure();
    if (failure !== undefined) throw failure;
    if (this.#hasEnded) return done;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
    });
  }

  #takeFailure(): unknown {
    const failure = this.#failure;
    this.#failure = undefined;
    return failure;
  }

  /** What `break` calls: nothing is buffered from here on. */
  async #return(): Promise<IteratorReturnResult<undefined>> {
    this.#close();
    this.#commits.length = 0;
    this.end(undefined);
    return done;
  }
}
