/**
 * Token ids of the same texts through many tokenizers, for component_parity.py. Standard input has frames: bytes as
 * uint32, then JSON. An array is the texts, which are kept until others come. An object asks for the ids of every
 * `shares`-th text from `share` on, in batches of `rows` texts. Standard output has a frame for each batch: bytes as
 * uint32, then uint32: how many ids each text has, the upper bit set when it was truncated, then the ids of all texts.
 */
import { Decoder } from '../../src/decode/decoder.ts';
import { Flag, SlotTable } from '../../src/slots.ts';
import { frames, TRUNCATED, write } from './frames.ts';

interface Question {
  readonly tokenizer: string;
  readonly maxTokens: number;
  readonly rows: number;
  readonly share: number;
  readonly shares: number;
}

let texts: readonly string[] = [];
for (const frame of frames<string[] | Question>()) {
  if (Array.isArray(frame)) texts = frame;
  else answer(frame);
}

function answer({ tokenizer, maxTokens, rows, share, shares }: Question): void {
  const table = new SlotTable(rows);
  const decoder = new Decoder({
    tokenizerPath: tokenizer,
    table,
    maxTokens,
    maxMessageBytes: 1 << 28,
    maxDepth: 64,
    labels: ['NEGATIVE', 'POSITIVE'],
    modelName: 'parity',
    modelVersion: '0',
  });
  const slots = Int32Array.from({ length: rows }, (_, index) => index);
  const own = texts.filter((_, index) => index % shares === share);
  for (let first = 0; first < own.length; first += rows) {
    const batch = own.slice(first, first + rows);
    const decoded = decoder.decodeTexts(batch, slots, batch.length);
    if (decoded !== batch.length) throw new Error(`${batch.length - decoded} texts were not read`);
    write(rowsOf(decoder, table, slots, batch.length));
  }
  decoder.close();
}

/** As a batch goes to a model, without its padding. */
function rowsOf(decoder: Decoder, table: SlotTable, slots: Int32Array, count: number): Buffer {
  const lengths = table.length.subarray(0, count);
  const width = lengths.reduce((longest, length) => Math.max(longest, length), 0);
  const ids = new BigInt64Array(count * width);
  decoder.pack(slots, count, width, ids, new BigInt64Array(ids.length));
  const total = lengths.reduce((sum, length) => sum + length, count);
  const numbers = new Uint32Array(1 + total);
  numbers[0] = total * numbers.BYTES_PER_ELEMENT;
  const halves = new Uint32Array(ids.buffer); // the lower half of each id comes first
  let at = 1 + count;
  for (const [row, length] of lengths.entries()) {
    const isCut = ((table.flags[row] as number) & Flag.truncated) !== 0;
    numbers[1 + row] = length + (isCut ? TRUNCATED : 0);
    for (let i = 0; i < length; i++) numbers[at++] = halves[2 * (row * width + i)] as number;
  }
  return Buffer.from(numbers.buffer);
}
