import { Decoder } from '../../src/decode/decoder.ts';
import { SlotTable } from '../../src/slots.ts';
import type { ModelInfo } from '../../src/types.ts';

/** Token ids of many texts, ready for the model: nothing is left to do for them but inference. */
export interface PackedTexts {
  /** int64 ids and mask of all batches, one batch after the other. */
  readonly ids: BigInt64Array;
  readonly mask: BigInt64Array;
  readonly batches: readonly PackedBatch[];
}

export interface PackedBatch {
  readonly rows: number;
  readonly width: number;
  /** Of its first id in `ids`. */
  readonly start: number;
}

const CHUNK = 4096;

/** Rows of token ids as the pipeline's own decoder makes them, shortest first. */
export function tokenize(texts: readonly string[], model: ModelInfo): Int32Array[] {
  const table = new SlotTable(CHUNK);
  const slots = Int32Array.from({ length: CHUNK }, (_, slot) => slot);
  const decoder = new Decoder({
    tokenizerPath: model.tokenizerPath,
    maxTokens: model.maxLength,
    table,
    maxMessageBytes: 2 ** 20,
    maxDepth: 64,
    labels: model.labels,
    modelName: model.name,
    modelVersion: model.version,
  });
  const rows: Int32Array[] = [];
  for (let start = 0; start < texts.length; start += CHUNK) {
    const chunk = texts.slice(start, start + CHUNK);
    decoder.decodeTexts(chunk, slots, chunk.length);
    for (let slot = 0; slot < chunk.length; slot++) rows.push(decoder.tokens(slot));
  }
  decoder.close();
  return rows.sort((a, b) => a.length - b.length);
}

/** Batches of neighbours in a list that is sorted by length, at most `tokensMax` padded tokens each. */
export function pack(sorted: readonly Int32Array[], tokensMax: number, padId: number): PackedTexts {
  const batches: PackedBatch[] = [];
  const groups: Int32Array[][] = [];
  let group: Int32Array[] = [];
  for (const row of sorted) {
    if (group.length > 0 && (group.length + 1) * row.length > tokensMax) {
      groups.push(group);
      group = [];
    }
    group.push(row);
  }
  if (group.length > 0) groups.push(group);
  let start = 0;
  for (const rows of groups) {
    const width = (rows.at(-1) as Int32Array).length;
    batches.push({ rows: rows.length, width, start });
    start += rows.length * width;
  }
  const ids = new BigInt64Array(start).fill(BigInt(padId));
  const mask = new BigInt64Array(start);
  groups.forEach((rows, index) => {
    const batch = batches[index] as PackedBatch;
    rows.forEach((row, r) => {
      const at = batch.start + r * batch.width;
      row.forEach((id, column) => {
        ids[at + column] = BigInt(id);
      });
      mask.fill(1n, at, at + row.length);
    });
  });
  return { ids, mask, batches };
}
