import {
  closeSync,
  existsSync,
  fchmodSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { randomBytes } from 'node:crypto';
import { KubesentimentError } from '../errors.ts';
import { formatEntries, type KeyringEntries, parseEntries, withNewKey } from './keyring.ts';
import { readKeyringFile } from './keyring-source.ts';

const ONLY_OWNER = 0o600;

/** Creates a keyring file with one key, for its owner only; returns the key's id. KS_USAGE if the file exists. */
export function generateKeyringFile(path: string, id?: string): string {
  if (existsSync(path)) {
    throw new KubesentimentError('KS_USAGE', 'The keyring file already exists.', {
      remedy: 'Add a key to it with `kubesentiment keys rotate`.',
    });
  }
  return write(path, withNewKey(new Map(), id), ONLY_OWNER);
}

/** Adds a key, which becomes the newest; returns its id. Readers see either the old or the new file. */
export function rotateKeyringFile(path: string, id?: string): string {
  const entries = withNewKey(parseEntries(readKeyringFile(path)), id);
  return write(path, entries, statSync(path).mode & 0o777);
}

function write(path: string, entries: KeyringEntries, mode: number): string {
  const partial = `${path}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    const file = openSync(partial, 'wx', ONLY_OWNER);
    try {
      writeSync(file, formatEntries(entries));
      fchmodSync(file, mode);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(partial, path);
  } catch (error) {
    rmSync(partial, { force: true });
    const reason = (error as NodeJS.ErrnoException).code ?? 'error';
    throw new KubesentimentError('KS_USAGE', `The keyring file cannot be written (${reason}).`);
  }
  return [...entries.keys()].at(-1) as string;
}
