import type { SourceMessage } from '../types.ts';

/**
 * Where the key of a message stands between 0 and 1: the same in every process, today and after a restart. A message
 * without a key stands where its place does, which is the same when it is read again.
 *
 * It is MurmurHash3 (32 bits, seed 0), which no usual partitioner goes by (those of Java and librdkafka are murmur2 and
 * CRC32): so a share of the keys is about that share of the keys of each partition.
 */
export function positionOf({ key, topic, partition, offset }: SourceMessage): number {
  const bytes = typeof key === 'string' || key == null ? undefined : key;
  return (
    murmur3(bytes ?? Buffer.from(key == null ? `${topic}-${partition}-${offset}` : String(key))) / 2 ** 32
  );
}

/** https://github.com/aappleby/smhasher/blob/master/src/MurmurHash3.cpp, x86_32. */
export function murmur3(bytes: Uint8Array, seed = 0): number {
  const { length } = bytes;
  let hash = seed;
  let at = 0;
  for (; at + 4 <= length; at += 4) {
    const word =
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24);
    hash = Math.imul(rotate(hash ^ scrambled(word), 13), 5) + 0xe6546b64;
  }
  let rest = 0;
  for (let i = length - 1; i >= at; i--) rest = (rest << 8) | (bytes[i] as number);
  if (length > at) hash ^= scrambled(rest);
  hash ^= length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function scrambled(word: number): number {
  return Math.imul(rotate(Math.imul(word, 0xcc9e2d51), 15), 0x1b873593);
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
