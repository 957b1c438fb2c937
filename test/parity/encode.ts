/**
 * Token ids of texts through the native decoder, for parity.py: the arguments are a tokenizer, the length of a row, how
 * many tokens windows share (none: no windows), and how many texts come at once. Standard input has frames (bytes as
 * uint32, then the texts as a JSON array). Standard output has their ids: bytes as uint32, then for each text the
 * count, its upper bit set when it was truncated, and the ids, windows one after the other, all uint32.
 */
import { Decoder } from '../../src/decode/decoder.ts';
import { Flag, SlotTable } from '../../src/slots.ts';
import { frames, TRUNCATED, write } from './frames.ts';

const [tokenizerPath = '', maxTokens = '512', windowOverlap = 'none', rows = '4096'] = process.argv.slice(2);

const table = new SlotTable(Number(rows));
const slots = Int32Array.from({ length: table.capacity }, (_, index) => index);
const decoder = new Decoder({
  tokenizerPath,
  table,
  maxTokens: Number(maxTokens),
  windowOverlap: windowOverlap === 'none' ? undefined : Number(windowOverlap),
  maxMessageBytes: 1 << 28,
  maxDepth: 64,
  labels: ['NEGATIVE', 'POSITIVE'],
  modelName: 'parity',
  modelVersion: '0',
});

for (const texts of frames<string[]>()) {
  decoder.decodeTexts(texts, slots, texts.length);
  write(answerOf(texts.length));
}

/** The rows of the first slots, one after the other, behind their size in bytes. */
function answerOf(count: number): Buffer {
  const rows = Array.from({ length: count }, (_, slot) => windowsOf(slot));
  const total = rows.flat().reduce((sum, { length }) => sum + length, count);
  const numbers = new Uint32Array(1 + total);
  numbers[0] = total * numbers.BYTES_PER_ELEMENT;
  let at = 1;
  for (const [slot, windows] of rows.entries()) {
    const length = windows.reduce((sum, ids) => sum + ids.length, 0);
    const isCut = ((table.flags[slot] as number) & Flag.truncated) !== 0;
    numbers[at++] = length + (isCut ? TRUNCATED : 0);
    for (const ids of windows) {
      numbers.set(ids, at);
      at += ids.length;
    }
  }
  return Buffer.from(numbers.buffer);
}

function windowsOf(slot: number): Int32Array[] {
  const windows = Math.max(1, table.windows[slot] as number);
  return Array.from({ length: windows }, (_, window) => decoder.tokens(slot + window * table.capacity));
}
