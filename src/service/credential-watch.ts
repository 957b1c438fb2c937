import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

export interface CredentialWatchOptions {
  readonly files: readonly string[];
  /** The content changed and is stable. Resolves with false if the new content cannot be used yet. */
  readonly onChange: () => Promise<boolean>;
  readonly lookMs?: number;
  readonly retryMs?: number;
}

const LOOK_MS = 2_000;
/** The file may change before the broker knows about it. */
const RETRY_MS = 15_000;

/**
 * Watches the files behind our certificates and passwords by path, so replaced files and swapped symlinks of
 * Kubernetes volumes are noticed too. A certificate and its key are two files, so a change only counts when two
 * consecutive checks find the same content.
 */
export class CredentialWatch {
  readonly #options: CredentialWatchOptions;
  readonly #timer: NodeJS.Timeout;
  #inUse: string;
  #lastSeen: string;
  #retryAt = 0;
  #changing: Promise<void> | undefined;

  constructor(options: CredentialWatchOptions) {
    this.#options = options;
    this.#inUse = digestOf(options.files);
    this.#lastSeen = this.#inUse;
    this.#timer = setInterval(() => this.#look(), options.lookMs ?? LOOK_MS);
    this.#timer.unref();
  }

  /** Resolves when a change in progress has been handled. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#changing;
  }

  #look(): void {
    if (this.#changing !== undefined) return;
    const seen = digestOf(this.#options.files);
    const isAtRest = seen === this.#lastSeen;
    if (!isAtRest) this.#retryAt = 0;
    this.#lastSeen = seen;
    if (seen === this.#inUse || !isAtRest || performance.now() < this.#retryAt) return;
    this.#changing = this.#change(seen).finally(() => {
      this.#changing = undefined;
    });
  }

  async #change(seen: string): Promise<void> {
    if (await this.#options.onChange()) this.#inUse = seen;
    else this.#retryAt = performance.now() + (this.#options.retryMs ?? RETRY_MS);
  }
}

function digestOf(files: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of files) hash.update(contentOf(file)).update('\0');
  return hash.digest('hex');
}

function contentOf(file: string): Buffer | string {
  try {
    return readFileSync(file);
  } catch {
    return ''; // being replaced
  }
}
