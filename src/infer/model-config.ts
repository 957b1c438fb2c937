import type { LabelConfig } from './model-labels.ts';

/** What is read of config.json. */
export interface ModelConfig extends LabelConfig {
  readonly problem_type?: unknown;
  readonly max_position_embeddings?: number;
  readonly pad_token_id?: number | null;
  readonly model_type?: string;
  readonly tokenizer_class?: unknown;
}

/** What is read of tokenizer_config.json. */
export interface TokenizerConfig {
  readonly model_max_length?: number;
  readonly padding_side?: unknown;
  readonly truncation_side?: unknown;
  readonly tokenizer_class?: unknown;
  readonly word_tokenizer_type?: unknown;
  readonly subword_tokenizer_type?: unknown;
  readonly do_lower_case?: unknown;
  readonly strip_accents?: unknown;
  readonly tokenize_chinese_chars?: unknown;
  readonly add_prefix_space?: unknown;
  readonly added_tokens_decoder?: unknown;
  readonly keep_accents?: unknown;
  readonly split_by_punct?: unknown;
  readonly cls_token?: unknown;
  readonly sep_token?: unknown;
  readonly unk_token?: unknown;
}
