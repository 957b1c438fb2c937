import { KubesentimentError } from '../errors.ts';
import { loadBinding } from './binding.ts';
import { type HighestIds, highestIds, readTokenizerFile } from './tokenizer-file.ts';

/** A tokenizer.json, and its highest ids, as far as they can be told. */
export interface TokenizerFile {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly highestIds: HighestIds;
}

/** For another thread than the main one: reading a large vocabulary takes a while. Throws as `readTokenizerFile`. */
export function readTokenizer(path: string): TokenizerFile {
  const bytes = new Uint8Array(readTokenizerFile(path)); // its memory is its own, so it can be moved to a thread
  return { path, bytes, highestIds: highestIdsOf(path) };
}

/** Whoever loads the file says what is wrong with it. */
function highestIdsOf(path: string): HighestIds {
  try {
    return highestIds(path);
  } catch {
    return { vocabulary: undefined, addedTokens: undefined };
  }
}

/** A tokenizer that is loaded in another thread, once for each decoder that is to be made with it. */
export class LoadedTokenizer {
  readonly highestIds: HighestIds;
  /** For the addon. */
  readonly number: number;

  private constructor(number: number, highestIds: HighestIds) {
    this.number = number;
    this.highestIds = highestIds;
  }

  /** For so many decoders. KS_MODEL_INVALID, KS_MODEL_UNSUPPORTED. */
  static async load({ path, bytes, highestIds }: TokenizerFile, decoders: number): Promise<LoadedTokenizer> {
    try {
      return new LoadedTokenizer(await loadBinding().loadTokenizer(bytes, decoders), highestIds);
    } catch (cause) {
      throw refusedTokenizer(path, cause);
    }
  }

  /** Frees what no decoder has taken. Those that were made with it go on. */
  close(): void {
    loadBinding().dropTokenizer(this.number);
  }
}

/** What the addon has to say about a tokenizer, for people. */
export function refusedTokenizer(path: string, cause: unknown): unknown {
  if (!(cause instanceof KubesentimentError) || !cause.code.startsWith('KS_MODEL_')) return cause;
  const remedy = 'docs/models.md lists the tokenizers that load. Use a model with one of them.';
  return new KubesentimentError(cause.code, `${path}: ${cause.message}.`, { remedy, cause });
}
