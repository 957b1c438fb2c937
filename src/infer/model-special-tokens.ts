/** What tokenizer_config.json says about single tokens, beside tokenizer.json. */
import type { TokenizerConfig } from './model-config.ts';
import { contradiction } from './model-error.ts';

/** Of `added_tokens` in tokenizer.json, and of `added_tokens_decoder` in tokenizer_config.json. */
export interface AddedToken {
  readonly id?: number;
  readonly content?: string;
  readonly lstrip?: boolean;
  readonly rstrip?: boolean;
  readonly single_word?: boolean;
  readonly normalized?: boolean;
}

const flags = ['lstrip', 'rstrip', 'single_word', 'normalized'] as const;

/** Refuses tokens that transformers would add to those of tokenizer.json, or find in other places of a text. */
export function checkAddedTokens(
  root: string,
  tokens: readonly AddedToken[] | null | undefined,
  { added_tokens_decoder: decoder }: TokenizerConfig,
): void {
  if (typeof decoder !== 'object' || decoder === null) return;
  const known = new Map((Array.isArray(tokens) ? tokens : []).map((token) => [token?.content, token]));
  for (const [id, set] of Object.entries(decoder as Record<string, AddedToken | null>)) {
    const found = known.get(set?.content);
    const isSame =
      found?.id === Number(id) && flags.every((flag) => (set?.[flag] ?? false) === (found[flag] ?? false));
    if (!isSame) throw contradiction(root, `added_tokens_decoder.${id}`, set, 'added_tokens', found ?? null);
  }
}
