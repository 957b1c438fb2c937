/**
 * Token ids of texts through the native decoder, for parity.py: the arguments are a tokenizer, the length of a row and,
 * for windows, how many tokens they share. Standard input has frames (bytes as uint32, then the texts as a JSON array),
 * standard output their ids (bytes as uint32, then for each text the count, its upper bit set when it was truncated,
 * and the ids, windows one after the other, all uint32).
 */
import { readSync, writeSync } from 'node:fs';
import { Decoder } from '../../src/decode/decoder.ts';
import { Flag, SlotTable } from '../../src/slots.ts';

const [tokenizerPath = '', maxTokens = '512', windowOverlap] = process.argv.slice(2);
const ROWS = 4096;
const TRUNCATED = 0x8000_0000;

const table = new SlotTable(ROWS);
const slots = Int32Array.from({ length: ROWS }, (_, index) => index);
const decoder = new Decoder({
  tokenizerPath,
  table,
  maxTokens: Number(maxTokens),
  windowOverlap: windowOverlap === undefined ? undefined : Number(windowOverlap),
  maxMessageBytes: 1 << 28,
  maxDepth: 64,
  labels: ['NEGATIVE', 'POSITIVE'],
  modelName: 'parity',
  modelVersion: '0',
});

for (let size = read(4); size !== undefined; size = read(4)) {
  const texts = JSON.parse(String(read(size.readUInt32LE()))) as string[];
  decoder.decodeTexts(texts, slots, texts.length);
  write(texts.map((_, slot) => idsOf(slot)));
}

function idsOf(slot: number): Uint32Array {
  const windows = Math.max(1, table.windows[slot] as number);
  const ids = Array.from({ length: windows }, (_, window) => [
    ...decoder.tokens(slot + window * table.capacity),
  ]).flat();
  const truncated = ((table.flags[slot] as number) & Flag.truncated) !== 0;
  return Uint32Array.of(ids.length + (truncated ? TRUNCATED : 0), ...ids);
}

/** Exactly this many bytes of standard input, or undefined at its end. */
function read(bytes: number): Buffer | undefined {
  const buffer = Buffer.alloc(bytes);
  for (let done = 0; done < bytes; ) {
    const count = readSync(0, buffer, done, bytes - done, null);
    if (count === 0) return undefined;
    done += count;
  }
  return buffer;
}

function write(rows: readonly Uint32Array[]): void {
  const bytes = Buffer.concat(rows.map((row) => Buffer.from(row.buffer)));
  const size = Buffer.alloc(4);
  size.writeUInt32LE(bytes.length);
  for (const part of [size, bytes]) {
    for (let done = 0; done < part.length; ) done += writeSync(1, part, done);
  }
}
