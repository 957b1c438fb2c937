import { LoadedTokenizer } from '../decode/loaded-tokenizer.ts';
import type { ModelInfo } from '../types.ts';
import type { ModelsAside } from './cascade-models.ts';

/** For messages, and for predictions over HTTP. */
const DECODERS = 2;
/** Of the model in use: to ask it about the texts that a canary has answered. */
const BESIDE_CANARY = 1;

/** What is made ready before a model is loaded beside another one that works. Close it when the model is created. */
export class Preparation {
  /** The threads that load the model give way to those that work. */
  readonly givesWay: boolean;
  readonly #tokenizers = new Map<ModelInfo, LoadedTokenizer>();

  private constructor(givesWay: boolean) {
    this.givesWay = givesWay;
  }

  /** KS_MODEL_INVALID, KS_MODEL_UNSUPPORTED. */
  static async of({ models, tokenizers, canRaise }: ModelsAside): Promise<Preparation> {
    const { first, canary } = models;
    const preparation = new Preparation(canRaise);
    try {
      for (const [model, file] of tokenizers) {
        const count = model === first && canary !== undefined ? DECODERS + BESIDE_CANARY : DECODERS;
        preparation.#tokenizers.set(model, await LoadedTokenizer.load(file, count));
      }
      return preparation;
    } catch (error) {
      preparation.close();
      throw error;
    }
  }

  tokenizerOf(model: ModelInfo): LoadedTokenizer | undefined {
    return this.#tokenizers.get(model);
  }

  close(): void {
    for (const tokenizer of this.#tokenizers.values()) tokenizer.close();
    this.#tokenizers.clear();
  }
}
