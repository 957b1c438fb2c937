import type { Decoder } from '../decode/decoder.ts';
import type { CanaryTrial } from '../canary/trial.ts';
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
  /** Which model of a cascade it is. */
  readonly stage?: 1 | 2 | undefined;
  /** The model that is asked again when this one is not sure. */
  readonly cascade?: CascadeOf<Edition> | undefined;
  /** The model that answers some of the keys. */
  readonly canary?: CanaryOf<Edition> | undefined;
}

/** Texts whose score is under `below` are asked again of `second`, which comes and goes with the first. */
export interface CascadeOf<E> {
  readonly below: number;
  readonly second: E;
}

/** Some keys are answered by `next` while the trial lasts; it comes and goes with the model in use. */
export interface CanaryOf<E> {
  readonly next: E;
  readonly trial: CanaryTrial;
}

/** What is asked of the decoder of new messages. */
export type MessageDecoder = Pick<
  Decoder,
  'decode' | 'decodeDecrypted' | 'encryptedSpans' | 'errorTypeOf' | 'hashIds'
>;

const NUMBER_MAX = 255;

/** Few editions are there at a time, so a number is free again when it comes round. */
export function numberAfter(number: number): number {
  return (number % NUMBER_MAX) + 1;
}

/** An edition, and the one that is asked after it. */
export function stagesOf<E extends { readonly cascade?: CascadeOf<E> | undefined }>(
  edition: E,
): readonly E[] {
  return edition.cascade === undefined ? [edition] : [edition, edition.cascade.second];
}

/** All that can answer a message which came while this was the current edition. */
function answerersOf<
  E extends { readonly cascade?: CascadeOf<E> | undefined; readonly canary?: CanaryOf<E> | undefined },
>(edition: E): readonly E[] {
  const stages = stagesOf(edition);
  return edition.canary === undefined ? stages : [...stages, edition.canary.next];
}

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
  #all: readonly E[] = [];
  /** With those that are asked again, and canaries. */
  readonly #byNumber = new Map<number, Edition>();

  constructor(first: E) {
    this.#current = first;
    this.#add(first);
  }

  get current(): E {
    return this.#current;
  }

  /** Those that messages go to, or went to; the current one last. */
  get all(): readonly E[] {
    return this.#all;
  }

  /** The number of the next one. */
  get nextNumber(): number {
    return numberAfter((answerersOf<Edition>(this.#current).at(-1) as Edition).number);
  }

  /** That which answered a slot. */
  of(number: number): Edition {
    const edition = this.#byNumber.get(number);
    if (edition === undefined) throw bug(`A slot belongs to edition ${number} of the model, which is gone.`);
    return edition;
  }

  /** New messages go to `next`. */
  use(next: E): void {
    this.#add(next);
    this.#current = next;
  }

  /** No slot belongs to it any more. */
  remove(edition: E): void {
    if (edition === this.#current) throw bug('The current edition of the model was removed.');
    this.#all = this.#all.filter((each) => each !== edition);
    for (const { number } of answerersOf<Edition>(edition)) this.#byNumber.delete(number);
  }

  #add(edition: E): void {
    for (const each of answerersOf<Edition>(edition)) {
      if (this.#byNumber.has(each.number)) throw bug('Two editions of the model have the same number.');
      this.#byNumber.set(each.number, each);
    }
    this.#all = [...this.#all, edition];
  }
}
