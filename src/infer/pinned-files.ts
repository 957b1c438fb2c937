import { closeSync, fstatSync, openSync, readSync, statSync, type BigIntStats } from 'node:fs';

/** An open file, as it was when it was opened. Any thread of the process can read it. */
export interface PinnedFile {
  readonly path: string;
  readonly fd: number;
  readonly stamp: string;
}

/**
 * The files of a model that is in use. Threads may load it at any time, also when another model has taken its place on
 * the disk: an open file can still be read then.
 */
export class PinnedFiles {
  readonly files: readonly PinnedFile[];

  /** Files that cannot be opened are left out: whoever loads them says why. */
  constructor(paths: readonly string[]) {
    this.files = paths.flatMap((path) => pin(path) ?? []);
  }

  /** False once somebody has written into one of them, rather than put another in its place. */
  get areUntouched(): boolean {
    return this.files.every(isUntouched);
  }

  close(): void {
    for (const { fd } of this.files) closeSync(fd);
  }
}

/** Whether the path still leads to it. */
export function isInPlace({ path, stamp }: PinnedFile): boolean {
  try {
    return stampOf(statSync(path, { bigint: true })) === stamp;
  } catch {
    return false;
  }
}

/** Throws if somebody has written into it. */
export function readPinned(file: PinnedFile): Uint8Array {
  const size = Number(fstatSync(file.fd, { bigint: true }).size);
  const bytes = new Uint8Array(size);
  let at = 0;
  while (at < size) {
    const read = readSync(file.fd, bytes, at, size - at, at);
    if (read === 0) break;
    at += read;
  }
  if (at < size || !isUntouched(file)) throw new Error('its file was overwritten after it was loaded');
  return bytes;
}

/** What changes with the content of a file, or when another takes its place. */
export function stampOf({ dev, ino, size, mtimeNs }: BigIntStats): string {
  return `${dev} ${ino} ${size} ${mtimeNs}`;
}

function isUntouched({ fd, stamp }: PinnedFile): boolean {
  return stampOf(fstatSync(fd, { bigint: true })) === stamp;
}

function pin(path: string): PinnedFile | undefined {
  try {
    const fd = openSync(path, 'r');
    return { path, fd, stamp: stampOf(fstatSync(fd, { bigint: true })) };
  } catch {
    return undefined;
  }
}
