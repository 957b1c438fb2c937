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

/** The tokens before and behind every text. */
export interface Ends {
  readonly before?: readonly string[];
  readonly behind?: readonly string[];
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
    const isSame = found?.id === Number(id) && flags.every((flag) => (set?.[flag] ?? false) === (found[flag] ?? false));
    if (!isSame) throw contradiction(root, `added_tokens_decoder.${id}`, set, 'added_tokens', found ?? null);
  }
}

/** Refuses a beginning or an end of the text that transformers 5 would write, and tokenizer.json does not. */
export function checkEnds(root: string, { before, behind }: Ends, settings: TokenizerConfig): void {
  // Families with a [CLS] have their tokens from elsewhere, whatever these settings say.
  if (settings.cls_token !== undefined && settings.cls_token !== null) return;
  const check = (name: 'add_bos_token' | 'add_eos_token', token: string | undefined, found: unknown) => {
    const set = settings[name];
    if (typeof set !== 'boolean' || token === undefined) return;
    if (set !== (found === token)) throw contradiction(root, name, set, 'post_processor', found ?? null);
  };
  check('add_bos_token', contentOf(settings.bos_token), before?.[0]);
  check('add_eos_token', contentOf(settings.eos_token), behind?.at(-1));
}

function contentOf(token: unknown): string | undefined {
  const content = typeof token === 'object' ? (token as AddedToken | null)?.content : token;
  return typeof content === 'string' ? content : undefined;
}
