/** A tokenizer of whole words. Its ids are the places in `words`; the first four are special. */

export const words = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'good', 'bad', 'fine', 'dull'] as const;
export type Word = (typeof words)[number];

export interface TokenizerOptions {
  /** Around every text: `[CLS]` and `[SEP]`. Default: true. */
  readonly special?: boolean;
  /** In the vocabulary behind `words`. */
  readonly moreWords?: readonly string[];
  readonly more?: Readonly<Record<string, unknown>>;
}

/** tokenizer.json */
export function tokenizerJson({ special = true, moreWords = [], more = {} }: TokenizerOptions = {}): object {
  return {
    version: '1.0',
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: special ? { type: 'BertProcessing', cls: ['[CLS]', 2], sep: ['[SEP]', 3] } : null,
    decoder: null,
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries([...words, ...moreWords].map((word, id) => [word, id])),
    },
    ...more,
  };
}
