/** Directories that differ in what decides about token ids. */
import { type Files, filesOf, labels } from './directory.ts';
import type { RefusedCase } from './refused.ts';
import type { ServedCase } from './served.ts';
import { tokenizerJson, words } from './tokenizer.ts';

const vocab = Object.fromEntries(words.map((word, id) => [word, id]));
const files = (more: Readonly<Record<string, unknown>>, settings?: object): Files =>
  filesOf({}, labels, {
    'tokenizer.json': tokenizerJson({ more }),
    ...(settings === undefined ? {} : { 'tokenizer_config.json': settings }),
  });
const isSpecial = (word: string) => word.startsWith('[');
/** Words as SentencePiece writes them, and their scores. */
const pieces = words.map((word) => [isSpecial(word) ? word : `▁${word}`, -1]);
const metaspace = { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true };

export const servedTokenizers: readonly ServedCase[] = [
  {
    name: 'a tokenizer of whole words',
    files: files({
      pre_tokenizer: { type: 'Whitespace' },
      model: { type: 'WordLevel', vocab, unk_token: '[UNK]' },
    }),
  },
  {
    name: 'a tokenizer whose model names no type',
    files: files({
      model: { vocab, unk_token: '[UNK]', continuing_subword_prefix: '##', max_input_chars_per_word: 100 },
    }),
  },
  {
    name: 'Unigram with the components of ALBERT',
    files: files({
      normalizer: {
        type: 'Sequence',
        normalizers: [
          { type: 'Replace', pattern: { String: '``' }, content: '"' },
          { type: 'NFKD' },
          { type: 'StripAccents' },
          { type: 'Lowercase' },
        ],
      },
      pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'WhitespaceSplit' }, metaspace] },
      model: { type: 'Unigram', unk_id: 1, vocab: pieces },
    }),
  },
  {
    name: 'BPE of characters with ignore_merges, and a normalizer that puts ▁ before words',
    files: files({
      normalizer: {
        type: 'Sequence',
        normalizers: [
          { type: 'Prepend', prepend: '▁' },
          { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
        ],
      },
      pre_tokenizer: { type: 'Split', pattern: { String: '▁' }, behavior: 'MergedWithNext', invert: false },
      model: {
        type: 'BPE',
        ignore_merges: true,
        merges: [],
        vocab: Object.fromEntries(pieces.map(([piece], id) => [piece, id])),
      },
    }),
  },
  {
    name: 'settings of tokenizer_config.json that agree with tokenizer.json',
    files: files(
      { normalizer: { type: 'BertNormalizer', lowercase: true } },
      { tokenizer_class: 'BertTokenizer', do_lower_case: true, strip_accents: true, cls_token: '[CLS]' },
    ),
  },
  {
    name: 'added tokens that both files know, and a beginning that only tokenizer.json decides about',
    files: files(
      { added_tokens: [{ id: 4, content: 'good', special: true, normalized: false }] },
      {
        tokenizer_class: 'LlamaTokenizer',
        added_tokens_decoder: { 4: { content: 'good', special: true, normalized: false, lstrip: false } },
        ...{ add_bos_token: false, bos_token: '[CLS]', add_eos_token: false, eos_token: '[SEP]' },
      },
    ),
  },
  {
    name: 'a cased tokenizer without do_lower_case',
    files: files({ normalizer: { type: 'BertNormalizer', lowercase: false } }),
    notes: [/Texts keep their case.*without which transformers 5 lower-cases/],
  },
  {
    name: 'an ALBERT that keeps the case, without do_lower_case',
    files: files({}, { tokenizer_class: 'AlbertTokenizer' }),
    notes: [/Texts keep their case.*transformers 5 lower-cases for the class AlbertTokenizer/],
  },
  {
    name: 'a DeBERTa v2 that lower-cases, without do_lower_case',
    files: files({ normalizer: { type: 'Lowercase' } }, { tokenizer_class: 'DebertaV2TokenizerFast' }),
    notes: [/Texts are lower-cased.*transformers 5 keeps the case for the class DebertaV2Tokenizer/],
  },
  {
    name: 'a DistilBERT without its normalizer and without do_lower_case',
    files: files({ normalizer: { type: 'NFC' } }, { tokenizer_class: 'DistilBertTokenizerFast' }),
    notes: [/Texts keep their case.*transformers 5 lower-cases for the class DistilBertTokenizer/],
  },
  {
    name: 'a class that takes tokenizer.json as it is',
    files: files(
      { normalizer: { type: 'BertNormalizer', lowercase: true } },
      { tokenizer_class: 'PreTrainedTokenizerFast', do_lower_case: false },
    ),
  },
];

const bert = { normalizer: { type: 'BertNormalizer', lowercase: true, handle_chinese_chars: true } };
const byteLevel = { pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, use_regex: true } };
const disagreement = (more: object, settings: object, message: RegExp): RefusedCase => ({
  name: `${JSON.stringify(settings)}, which tokenizer.json contradicts`,
  files: files({ ...more }, settings),
  message,
  remedy: /different token ids/,
});
const withoutJson = (more: Files): Files => filesOf({}, labels, { 'tokenizer.json': undefined, ...more });

export const refusedTokenizers: readonly RefusedCase[] = [
  disagreement(
    bert,
    { do_lower_case: false },
    /says do_lower_case false in tokenizer_config\.json, but true in tokenizer\.json \(normalizer\.lowercase\)/,
  ),
  disagreement(
    bert,
    { strip_accents: false },
    /says strip_accents false in .*, but true in tokenizer\.json \(normalizer\.strip_accents\)/,
  ),
  disagreement(
    { normalizer: { type: 'Sequence', normalizers: [bert.normalizer] } },
    { tokenize_chinese_chars: false },
    /says tokenize_chinese_chars false in .*, but true in tokenizer\.json/,
  ),
  disagreement(
    byteLevel,
    { add_prefix_space: true },
    /says add_prefix_space true in tokenizer_config\.json, but false in tokenizer\.json \(pre_tokenizer/,
  ),
  disagreement(
    {},
    { cls_token: { content: '<s>' } },
    /says cls_token "<s>" in tokenizer_config\.json, but "\[CLS\]" in tokenizer\.json \(post_processor\)/,
  ),
  disagreement(
    bert,
    { unk_token: '<unk>' },
    /says unk_token "<unk>" in .*, but "\[UNK\]" in tokenizer\.json/,
  ),
  disagreement(
    {},
    { added_tokens_decoder: { 4: { content: 'good', special: true } } },
    /says added_tokens_decoder\.4 {.*"good".*} in .*, but null in tokenizer\.json \(added_tokens\)/,
  ),
  disagreement(
    { added_tokens: [{ id: 4, content: 'good', special: true, normalized: false }] },
    { added_tokens_decoder: { 4: { content: 'good', special: true, normalized: false, lstrip: true } } },
    /says added_tokens_decoder\.4 {.*"lstrip":true} in .*, but {"id":4,.*} in tokenizer\.json/,
  ),
  ...['AlbertTokenizer', 'DebertaV2TokenizerFast', 'XLNetTokenizer', 'BertTokenizer'].map((tokenizer_class) =>
    disagreement(
      { normalizer: { type: 'Sequence', normalizers: [{ type: 'NFKD' }, { type: 'Lowercase' }] } },
      { tokenizer_class, do_lower_case: false },
      /says do_lower_case false in .*, but true in tokenizer\.json \(normalizer\)/,
    ),
  ),
  disagreement(
    { normalizer: { type: 'Lowercase' } },
    { tokenizer_class: 'AlbertTokenizer', keep_accents: false },
    /says keep_accents false in .*, but true in tokenizer\.json \(normalizer\)/,
  ),
  disagreement(
    {},
    { tokenizer_class: 'DebertaV2Tokenizer', split_by_punct: true },
    /says split_by_punct true in .*, but false in tokenizer\.json \(pre_tokenizer\)/,
  ),
  ...(
    [
      ['normalizer', { type: 'Sequence', normalizers: 'x' }, /normalizer\.normalizers is not a list/],
      [
        'pre_tokenizer',
        { type: 'Sequence', pretokenizers: {} },
        /pre_tokenizer\.pretokenizers is not a list/,
      ],
      ['post_processor', { type: 'Sequence', processors: 5 }, /post_processor\.processors is not a list/],
      ['post_processor', { type: 'TemplateProcessing', single: [null] }, /single\[0\] has no type_id/],
    ] as const
  ).map(([name, component, message]) => ({
    name: `a ${name} that is none: ${JSON.stringify(component)}`,
    files: files({ [name]: component }),
    message,
  })),
  {
    name: 'a split by a regular expression that is not known',
    files: files({
      pre_tokenizer: {
        type: 'Sequence',
        pretokenizers: [{ type: 'Split', pattern: { Regex: '\\p{Han}|[a-z]*' }, behavior: 'Isolated' }],
      },
    }),
    code: 'KS_MODEL_UNSUPPORTED',
    message: /pre_tokenizer\.pretokenizers\[0\]\.pattern\.Regex ".*" is not implemented/,
  },
  {
    name: 'an XLNet, whose [CLS] is a segment of its own',
    files: files({
      post_processor: {
        type: 'TemplateProcessing',
        single: [
          { Sequence: { id: 'A', type_id: 0 } },
          { SpecialToken: { id: '[SEP]', type_id: 0 } },
          { SpecialToken: { id: '[CLS]', type_id: 2 } },
        ],
        special_tokens: { '[SEP]': { ids: [3] }, '[CLS]': { ids: [2] } },
      },
    }),
    code: 'KS_MODEL_UNSUPPORTED',
    message: /post_processor\.single\[2\]\.type_id "2" is not implemented/,
  },
  {
    name: 'only a model of SentencePiece',
    files: withoutJson({ 'spm.model': 'x' }),
    message: /has spm\.model, but no tokenizer\.json/,
    remedy: /AutoTokenizer\.from_pretrained\('.*'\)\.save_pretrained\('.*'\)/,
  },
  ...['BertJapaneseTokenizer', 'PhobertTokenizer', 'BertweetTokenizer'].map((tokenizer_class) => ({
    name: `a vocab.txt of ${tokenizer_class}`,
    files: withoutJson({ 'vocab.txt': words.join('\n'), 'tokenizer_config.json': { tokenizer_class } }),
    message: new RegExp(`its vocab\\.txt belongs to the tokenizer class "${tokenizer_class}"`),
    remedy: /save_pretrained.*use another model/,
  })),
];
