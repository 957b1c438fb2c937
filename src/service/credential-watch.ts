import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

export interface CredentialWatchOptions {
  readonly files: readonly string[];
  /** The content has changed and come to rest. Resolves with false when the new one cannot be used yet. */
  readonly onChange: () => Promise<boolean>;
  readonly lookMs?: number;
  readonly retryMs?: number;
}

const LOOK_MS = 2_000;
/** The file may be there before the broker knows of it. */
const RETRY_MS = 15_000;

/**
 * Looks at the files behind our certificates and passwords, by their path, so that a replaced file and a swapped link
 * of a Kubernetes volume are seen too. A certificate and its key are two files: only what two looks find alike counts.
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

  /** Resolves when a change that has begun is over. */
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
    return ''; // it is being replaced
  }
}
