import { readFileSync, type StatWatcher, statSync, unwatchFile, watchFile } from 'node:fs';
import { KubesentimentError } from '../errors.ts';
import { Keyring } from './keyring.ts';

export interface KeyringSourceOptions {
  /** A file, or the JSON itself when it begins with `{`. */
  readonly keyring: string;
  readonly activeId?: string | undefined;
  /** The file changed; `error` when the new content cannot be used and the keyring before stays. */
  readonly onChange?: (keyring: Keyring, error: KubesentimentError | undefined) => void;
}

const fileBytesMax = 1024 * 1024;
const watchMs = 2_000;
const rereadMs = 250;
const othersMayReadOrChange = 0o027;

/**
 * The keyring in force. A file is looked at every two seconds, by its path, so that a replaced file and a
 * swapped link of a Kubernetes volume are seen too; and at once when a message names a key that is not there,
 * for its sender may have heard of a new key first.
 */
export class KeyringSource {
  readonly #options: KeyringSourceOptions;
  readonly #path: string | undefined;
  readonly #listener = (): void => this.#refresh();
  #keyring: Keyring;
  #text: string;
  #askedAt = Number.NEGATIVE_INFINITY;

  /** KS_KEYRING_INVALID when there is no usable keyring to begin with. */
  constructor(options: KeyringSourceOptions) {
    this.#options = options;
    const isInline = options.keyring.trimStart().startsWith('{');
    this.#path = isInline ? undefined : options.keyring;
    this.#text = isInline ? options.keyring : readKeyringFile(options.keyring);
    this.#keyring = Keyring.parse(this.#text, options.activeId);
    if (this.#path === undefined) return;
    const watcher: StatWatcher = watchFile(
      this.#path,
      { interval: watchMs, persistent: false },
      this.#listener,
    );
    watcher.unref();
  }

  get current(): Keyring {
    return this.#keyring;
  }

  /** Whether others than the owner may read the file, or change it; undefined without a file. */
  get exposedPath(): string | undefined {
    if (this.#path === undefined || process.platform === 'win32') return undefined;
    return (statSync(this.#path).mode & othersMayReadOrChange) === 0 ? undefined : this.#path;
  }

  /** Reads the file again, at most four times a second, and says whether there is another keyring now. */
  reread(): boolean {
    const before = this.#keyring;
    const now = performance.now();
    if (this.#path !== undefined && now - this.#askedAt >= rereadMs) {
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
      this.#text = text; // also of a broken file: it is told once
      this.#keyring = Keyring.parse(text, this.#options.activeId);
      this.#options.onChange?.(this.#keyring, undefined);
    } catch (error) {
      this.#options.onChange?.(this.#keyring, error as KubesentimentError);
    }
  }
}

/** KS_KEYRING_INVALID when it cannot be read or is no keyring by its size. */
export function readKeyringFile(path: string): string {
  try {
    const stats = statSync(path);
    if (stats.isFile() && stats.size <= fileBytesMax) return readFileSync(path, 'utf8');
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'error';
    throw new KubesentimentError('KS_KEYRING_INVALID', `The keyring file cannot be read (${reason}).`, {
      remedy: 'Check encryption.keyring; `kubesentiment keys generate FILE` makes a keyring.',
    });
  }
  throw new KubesentimentError(
    'KS_KEYRING_INVALID',
    'The keyring file is no regular file of at most 1 MiB.',
    {
      remedy: 'Check encryption.keyring.',
    },
  );
}
