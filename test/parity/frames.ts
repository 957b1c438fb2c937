/** What the parity programs say to each other over standard input and output. */
import { readSync, writeSync } from 'node:fs';

/** In the length of a text's ids: it was truncated. */
export const TRUNCATED = 0x8000_0000;

/** Frames of standard input, parsed: the bytes as uint32, then JSON. Until it ends. */
export function* frames<T>(): Generator<T> {
  for (let size = read(4); size !== undefined; size = read(4)) {
    yield JSON.parse(String(read(size.readUInt32LE()))) as T;
  }
}

export function write(bytes: Buffer): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(1, bytes, done);
}

/** Exactly this many bytes, or undefined at the end. */
function read(bytes: number): Buffer | undefined {
  const buffer = Buffer.alloc(bytes);
  for (let done = 0; done < bytes; ) {
    const count = readSync(0, buffer, done, bytes - done, null);
    if (count === 0) return undefined;
    done += count;
  }
  return buffer;
}
