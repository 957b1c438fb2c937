import type { Decoder } from '../decode/decoder.ts';
import { type SlotTable, WINDOWS_MAX } from '../slots.ts';
import type { KnownTexts } from './known-texts.ts';

export interface WindowRowsParts {
  readonly table: SlotTable;
  readonly decoder: Pick<Decoder, 'specialTokens' | 'forgetWindows'>;
  /** Columns of the logits. */
  readonly labels: number;
  /** Is told what the model said of a text, if that is kept. */
  readonly known?: Pick<KnownTexts, 'keepText'> | undefined;
}

/**
 * The logits of texts that are read in windows, until all windows of a text are back. They are then combined to one
 * row: the mean, in which a window weighs as many tokens of the text as it has. One that two windows share counts in
 * both.
 */
export class WindowRows {
  readonly #parts: WindowRowsParts;
  /** By slot, float32 [windows, labels]. What is left of a slot that was dropped is overwritten by its next text. */
  readonly #logits = new Map<number, Float32Array>();

  constructor(parts: WindowRowsParts) {
    this.#parts = parts;
  }

  /** A row is back, its logits begin at `at`. Returns those of the whole text if it was the last one. */
  add(row: number, logits: Float32Array, at: number): Float32Array | undefined {
    const { table, labels, decoder, known } = this.#parts;
    const slot = table.slotOf(row);
    if (table.isUnwanted(slot)) this.forget(slot);
    else this.#rowsOf(slot).set(logits.subarray(at, at + labels), table.windowOf(row) * labels);
    if (!table.rowDone(slot)) return undefined;
    const combined = this.#combine(slot);
    this.forget(slot);
    known?.keepText(slot, combined);
    decoder.forgetWindows(slot);
    return combined;
  }

  /** A window of the text has failed, so its others are of no use. */
  forget(slot: number): void {
    this.#logits.delete(slot);
  }

  #rowsOf(slot: number): Float32Array {
    let rows = this.#logits.get(slot);
    if (rows === undefined) {
      rows = new Float32Array(WINDOWS_MAX * this.#parts.labels);
      this.#logits.set(slot, rows);
    }
    return rows;
  }

  #combine(slot: number): Float32Array {
    const { table, labels, decoder } = this.#parts;
    const rows = this.#rowsOf(slot);
    const sums = new Float64Array(labels);
    let tokens = 0;
    for (let window = 0; window < (table.windows[slot] as number); window++) {
      const weight = table.lengthOf(slot + window * table.capacity) - decoder.specialTokens;
      tokens += weight;
      for (let i = 0; i < labels; i++)
        sums[i] = (sums[i] as number) + weight * (rows[window * labels + i] as number);
    }
    return Float32Array.from(sums, (sum) => sum / tokens);
  }
}
