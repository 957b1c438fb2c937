import type { Attached } from '../decode/attached.ts';
import type { Decoder } from '../decode/decoder.ts';
import type { SlotTable } from '../slots.ts';
import type { SourceMessage } from '../types.ts';
import type { Decrypter } from './decrypter.ts';
import type { ShapeSettings } from './poll-shapes.ts';

export interface RereaderOptions {
  readonly table: SlotTable;
  /** Another one than that which has read the messages before. */
  readonly decoder: Pick<Decoder, 'decode'>;
  /** Of the same decoder; if undefined, there are no encrypted requests. */
  readonly decrypter?: Pick<Decrypter, 'decrypt'> | undefined;
  readonly attached?: Attached | undefined;
  readonly shapeOf?: ShapeSettings['shapeOf'];
  /** Messages in one call. */
  readonly countMax: number;
}

const kept = ['length', 'unknown', 'flags', 'windows', 'lastLength'] as const;

/** Reads messages in flight once more, into the rows of another model. */
export class Rereader {
  readonly #options: RereaderOptions;
  readonly #values: (Buffer | null)[] = [];
  readonly #shapes: Uint8Array;
  /** What the columns said before, one row for each of `kept`. */
  readonly #before: Uint16Array;

  constructor(options: RereaderOptions) {
    this.#options = options;
    this.#shapes = new Uint8Array(options.countMax);
    this.#before = new Uint16Array(kept.length * options.countMax);
  }

  /** Writes the columns of `slots`. Where the status is not 0 in the end, the others are as they were. */
  read(slots: Int32Array): void {
    const { table, decoder, decrypter, attached, shapeOf } = this.#options;
    for (const [i, slot] of slots.entries()) {
      const message = table.message[slot] as SourceMessage;
      const shape = shapeOf?.(message.topic) ?? 0;
      this.#values[i] = message.value;
      this.#shapes[i] = shape;
      attached?.set(i, message, shape);
    }
    this.#copy(slots, (column, slot, at) => {
      this.#before[at] = column[slot] as number;
    });
    const count = slots.length;
    const shapes = shapeOf === undefined ? undefined : this.#shapes;
    const decoded = decoder.decode(this.#values, slots, count, attached?.parts, shapes);
    if (decoded < count) {
      decrypter?.decrypt(this.#values, slots, count);
      this.#copy(slots, (column, slot, at) => {
        if (table.status[slot] !== 0) column[slot] = this.#before[at] as number;
      });
    }
    this.#values.length = 0;
    attached?.clear();
  }

  #copy(slots: Int32Array, copy: (column: Uint8Array | Uint16Array, slot: number, at: number) => void): void {
    const { table } = this.#options;
    let at = 0;
    for (const name of kept) for (const slot of slots) copy(table[name], slot, at++);
  }
}
