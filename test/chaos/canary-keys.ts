/**
 * Which keys are those of a canary, by what the documentation says: MurmurHash3 (32 bits, seed 0) of the key, or of
 * `topic-partition-offset` for a record without one, is below the share of 2^32. Written down once more from the
 * description of the algorithm, in whole numbers without a limit, so that it shares nothing with the product.
 */
import type { Message } from 'node-rdkafka';

const BITS = 32n;
const MASK = (1n << BITS) - 1n;

/** 0…1 */
export function placeOfKey({
  topic,
  partition,
  offset,
  key,
}: Pick<Message, 'topic' | 'partition' | 'offset' | 'key'>) {
  const bytes =
    key == null ? Buffer.from(`${topic}-${partition}-${offset}`) : Buffer.from(key as Buffer | string);
  return Number(murmur3(bytes)) / 2 ** 32;
}

export function murmur3(bytes: Buffer): bigint {
  let hash = 0n;
  const blocks = bytes.length >> 2;
  for (let block = 0; block < blocks; block++) {
    hash = rotated(hash ^ mixed(BigInt(bytes.readUInt32LE(4 * block))), 13n);
    hash = (hash * 5n + 0xe6546b64n) & MASK;
  }
  const tail = bytes.subarray(4 * blocks);
  if (tail.length > 0) hash ^= mixed(BigInt(tail.readUIntLE(0, tail.length)));
  hash ^= BigInt(bytes.length);
  hash = ((hash ^ (hash >> 16n)) * 0x85ebca6bn) & MASK;
  hash = ((hash ^ (hash >> 13n)) * 0xc2b2ae35n) & MASK;
  return hash ^ (hash >> 16n);
}

function mixed(word: bigint): bigint {
  return (rotated((word * 0xcc9e2d51n) & MASK, 15n) * 0x1b873593n) & MASK;
}

function rotated(word: bigint, bits: bigint): bigint {
  return ((word << bits) | (word >> (BITS - bits))) & MASK;
}
