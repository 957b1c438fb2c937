import type { Decoder } from '../decode/decoder.ts';
import type { Counters } from '../metrics/counters.ts';
import type { Priority, SlotTable } from '../slots.ts';

export interface KnownTextsParts {
  readonly table: SlotTable;
  readonly decoder: Pick<Decoder, 'findCached' | 'keepCached' | 'keepCachedTexts' | 'forgetWindows'>;
  /** Columns of the logits. */
  readonly labels: number;
  readonly counters: Pick<Counters, 'cacheHits' | 'cacheMisses'>;
  /** A text that the model has to classify. */
  readonly classify: (slot: number, priority: Priority) => void;
  /** A text that it has classified before: its logits begin at `at`. */
  readonly answer: (slot: number, priority: Priority, logits: Float32Array, at: number) => void;
}

/** Texts that are looked up together. */
const LOOKUP_MAX = 256;

/**
 * Rows on their way to the model, whose texts may have been classified before (`model.cache_bytes`). They are looked up
 * some hundred at a time, and are gone when `look` returns.
 */
export class KnownTexts {
  readonly #parts: KnownTextsParts;
  readonly #slots = new Int32Array(LOOKUP_MAX);
  readonly #priorities = new Uint8Array(LOOKUP_MAX);
  readonly #found = new Uint8Array(LOOKUP_MAX);
  readonly #logits: Float32Array;
  readonly #one = new Int32Array(1);
  #count = 0;

  constructor(parts: KnownTextsParts) {
    this.#parts = parts;
    this.#logits = new Float32Array(LOOKUP_MAX * parts.labels);
  }

  /** A slot that was just decoded. */
  add(slot: number, priority: Priority): void {
    if (this.#count === LOOKUP_MAX) this.look();
    this.#slots[this.#count] = slot;
    this.#priorities[this.#count] = priority;
    this.#count++;
  }

  /** Call when no more come with those that were added. */
  look(): void {
    const { table, decoder, labels, counters, classify, answer } = this.#parts;
    const count = this.#count;
    if (count === 0) return;
    this.#count = 0;
    const hits = decoder.findCached(this.#slots, count, this.#logits, this.#found);
    counters.cacheHits += hits;
    counters.cacheMisses += count - hits;
    for (let i = 0; i < count; i++) {
      const slot = this.#slots[i] as number;
      const priority = this.#priorities[i] as Priority;
      if (this.#found[i] === 0) {
        classify(slot, priority);
        continue;
      }
      if ((table.windows[slot] as number) > 1) decoder.forgetWindows(slot);
      answer(slot, priority, this.#logits, i * labels);
    }
  }

  /** A batch is back, its rows and their logits, float32 [rows, labels]. */
  keep(rows: Int32Array, count: number, logits: Float32Array): void {
    this.#parts.decoder.keepCached(rows, count, logits);
  }

  /** All windows of a text are back, and not forgotten yet. */
  keepText(slot: number, logits: Float32Array): void {
    this.#one[0] = slot;
    this.#parts.decoder.keepCachedTexts(this.#one, 1, logits);
  }
}
