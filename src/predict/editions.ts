import type { Decoder } from '../decode/decoder.ts';
import { bug } from '../errors.ts';
import type { ModelPool } from '../infer/model-pool.ts';
import type { ModelInfo } from '../types.ts';
import type { LoadedWith } from './model-parts.ts';

/**
 * A model as it was loaded once, with everything that must not be mixed with that of another: the rows of its
 * tokenizer, the threads that run it, the labels and the version of its results.
 */
export interface Edition {
  /** 1…255: the column `edition` of the slots whose rows it has. */
  readonly number: number;
  readonly model: ModelInfo;
  readonly decoder: Decoder;
  /** float32 [slots, labels] if all scores are wanted. */
  readonly allScores?: Float32Array | undefined;
  readonly pool: ModelPool;
  /** What it was loaded with, and what its trial has found out. */
  readonly loaded?: LoadedWith | undefined;
}

/** What is asked of the decoder of new messages. */
export type MessageDecoder = Pick<
  Decoder,
  'decode' | 'decodeDecrypted' | 'encryptedSpans' | 'errorTypeOf' | 'hashIds'
>;

const NUMBER_MAX = 255;

/** The edition that new messages go to, and earlier ones whose results are not committed yet. */
export class Editions<E extends Edition = Edition> {
  /** The decoder of whichever is the current edition. */
  readonly decoder: MessageDecoder = {
    decode: (...args) => this.#current.decoder.decode(...args),
    decodeDecrypted: (...args) => this.#current.decoder.decodeDecrypted(...args),
    encryptedSpans: (...args) => this.#current.decoder.encryptedSpans(...args),
    errorTypeOf: (...args) => this.#current.decoder.errorTypeOf(...args),
    hashIds: (...args) => this.#current.decoder.hashIds(...args),
  };
  #current: E;
  readonly #byNumber = new Map<number, E>();

  constructor(first: E) {
    this.#current = first;
    this.#byNumber.set(first.number, first);
  }

  get current(): E {
    return this.#current;
  }

  /** The current one last. */
  get all(): readonly E[] {
    return [...this.#byNumber.values()];
  }

  /** The number of the next one. Few are there at a time, so a number is free again when it comes round. */
  get nextNumber(): number {
    return (this.#current.number % NUMBER_MAX) + 1;
  }

  /** That which answered a slot. */
  of(number: number): E {
    const edition = this.#byNumber.get(number);
    if (edition === undefined) throw bug(`A slot belongs to edition ${number} of the model, which is gone.`);
    return edition;
  }

  /** New messages go to `next`. */
  use(next: E): void {
    if (this.#byNumber.has(next.number)) throw bug('Two editions of the model have the same number.');
    this.#byNumber.set(next.number, next);
    this.#current = next;
  }

  /** No slot belongs to it any more. */
  remove(edition: E): void {
    if (edition === this.#current) throw bug('The current edition of the model was removed.');
    this.#byNumber.delete(edition.number);
  }
}
