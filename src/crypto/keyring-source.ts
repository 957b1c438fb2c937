import { readFileSync, type StatWatcher, statSync, unwatchFile, watchFile } from 'node:fs';
import { KubesentimentError } from '../errors.ts';
import { Keyring } from './keyring.ts';

export interface KeyringSourceOptions {
  /** A file, or the JSON itself if it starts with `{`. */
  readonly keyring: string;
  readonly activeId?: string | undefined;
  /** The file changed; `error` is set if the new content cannot be used and the previous keyring stays in use. */
  readonly onChange?: (keyring: Keyring, error: KubesentimentError | undefined) => void;
}

const FILE_BYTES_MAX = 1024 * 1024;
const WATCH_MS = 2_000;
const REREAD_MS = 250;
const OTHERS_MAY_READ_OR_CHANGE = 0o027;

/**
 * The current keyring. A file is checked every two seconds by path, so replaced files and swapped symlinks of
 * Kubernetes volumes are noticed too. It is also checked at once when a message names an unknown key, since the
 * sender may have received a new key first.
 */
export class KeyringSource {
  readonly #options: KeyringSourceOptions;
  readonly #path: string | undefined;
  readonly #listener = (): void => this.#refresh();
  #keyring: Keyring;
  #text: string;
  #askedAt = Number.NEGATIVE_INFINITY;

  /** KS_KEYRING_INVALID if there is no usable keyring to begin with. */
  constructor(options: KeyringSourceOptions) {
    this.#options = options;
    const isInline = options.keyring.trimStart().startsWith('{');
    this.#path = isInline ? undefined : options.keyring;
    this.#text = isInline ? options.keyring : readKeyringFile(options.keyring);
    this.#keyring = Keyring.parse(this.#text, options.activeId);
    if (this.#path === undefined) return;
    const watcher: StatWatcher = watchFile(
      this.#path,
      { interval: WATCH_MS, persistent: false },
      this.#listener,
    );
    watcher.unref();
  }

  get current(): Keyring {
    return this.#keyring;
  }

  /** Whether anyone but the owner may read or change the file; undefined without a file. */
  get exposedPath(): string | undefined {
    if (this.#path === undefined || process.platform === 'win32') return undefined;
    return (statSync(this.#path).mode & OTHERS_MAY_READ_OR_CHANGE) === 0 ? undefined : this.#path;
  }

  /** Reloads the file, at most four times a second, and returns whether the keyring changed. */
  reread(): boolean {
    const before = this.#keyring;
    const now = performance.now();
    if (this.#path !== undefined && now - this.#askedAt >= REREAD_MS) {
      this.#askedAt = now;
      this.#refresh();
    }
    return this.#keyring !== before;
  }

  close(): void {
    if (this.#path !== undefined) unwatchFile(this.#path, this.#listener);
  }

  #refresh(): void {
    try {
      const text = readKeyringFile(this.#path as string);
      if (text === this.#text) return;
      this.#text = text; // even for a broken file: it is reported only once
      this.#keyring = Keyring.parse(text, this.#options.activeId);
      this.#options.onChange?.(this.#keyring, undefined);
    } catch (error) {
      this.#options.onChange?.(this.#keyring, error as KubesentimentError);
    }
  }
}

/** KS_KEYRING_INVALID if the file cannot be read or is too large for a keyring. */
export function readKeyringFile(path: string): string {
  try {
    const stats = statSync(path);
    if (stats.isFile() && stats.size <= FILE_BYTES_MAX) return readFileSync(path, 'utf8');
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'error';
    throw new KubesentimentError('KS_KEYRING_INVALID', `The keyring file cannot be read (${reason}).`, {
      remedy: 'Check encryption.keyring; `kubesentiment keys generate FILE` creates a keyring.',
    });
  }
  throw new KubesentimentError(
    'KS_KEYRING_INVALID',
    'The keyring file is not a regular file of at most 1 MiB.',
    {
      remedy: 'Check encryption.keyring.',
    },
  );
}
