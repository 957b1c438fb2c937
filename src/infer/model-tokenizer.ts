import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { KubesentimentError } from '../errors.ts';
import type { ModelConfig, TokenizerConfig } from './model-config.ts';
import { contradiction, invalid } from './model-error.ts';
import { type AddedToken, checkAddedTokens } from './model-special-tokens.ts';
import { checkFile, isListed, readJson, tokenizerFiles } from './model-files.ts';

/** Older directories have only the vocabulary, see `readTokenizerFile`. */
const vocabularies = ['tokenizer.json', 'vocab.json', 'vocab.txt'] as const;
/** What SentencePiece writes; a tokenizer.json can be made of each. */
const sentencePieces = ['spm.model', 'spiece.model', 'sentencepiece.bpe.model', 'tokenizer.model'] as const;
/** The classes that an older vocabulary may belong to; others cut words in their own way. */
const classesOf: Readonly<Record<string, RegExp>> = {
  'vocab.json': /^(Roberta|GPT2)Tokenizer(Fast)?$/,
  'vocab.txt': /^(Bert|DistilBert)Tokenizer(Fast)?$/,
};
/** Settings of classes for Japanese, which cut words with a program, in directories that do not name the class. */
const japanese = ['word_tokenizer_type', 'subword_tokenizer_type'] as const;
/**
 * Families that transformers 5 rebuilds without the normalizer of tokenizer.json, and whether it lower-cases for them.
 * Those of BERT usually have a BertNormalizer, which says more.
 */
const rebuilt: ReadonlyMap<string, boolean> = new Map([
  ['Albert', true],
  ['DebertaV2', false],
  ['XLNet', false],
  ...['Bert', 'DistilBert', 'Electra', 'MobileBert', 'MPNet', 'Funnel'].map((name) => [name, true] as const),
]);
/** Classes that take tokenizer.json as it is, whatever tokenizer_config.json says. */
const literal: ReadonlySet<unknown> = new Set(['PreTrainedTokenizerFast', 'TokenizersBackend']);

/** The parts of a tokenizer.json that tokenizer_config.json speaks of, too. */
interface Component {
  readonly type?: string;
  readonly normalizers?: readonly Component[];
  readonly pretokenizers?: readonly Component[];
  readonly processors?: readonly Component[];
  readonly lowercase?: boolean;
  readonly strip_accents?: boolean | null;
  readonly handle_chinese_chars?: boolean;
  readonly add_prefix_space?: boolean;
  readonly cls?: readonly [token: string, id: number];
  readonly sep?: readonly [token: string, id: number];
  readonly single?: readonly ({ SpecialToken?: { id?: string } } | null)[];
}
interface TokenizerJson {
  readonly added_tokens?: readonly AddedToken[] | null;
  readonly normalizer?: Component | null;
  readonly pre_tokenizer?: Component | null;
  readonly post_processor?: Component | null;
  readonly model?: { readonly unk_token?: string | null } | null;
}

/**
 * The files that decide about token ids. Throws if there is none that can be read here, or if two of them disagree.
 */
export function findTokenizer(
  root: string,
  config: ModelConfig,
  tokenizerConfig: TokenizerConfig,
): { vocabulary: string; files: readonly string[]; notes: readonly string[] } {
  const vocabulary = vocabularies.find((name) => isListed(root, name));
  if (vocabulary === undefined) throw missing(root);
  const files = tokenizerFiles.filter((name) => isListed(root, name));
  for (const name of files) checkFile(root, name);
  const className = tokenizerConfig.tokenizer_class ?? config.tokenizer_class;
  if (vocabulary !== 'tokenizer.json') {
    const isJapanese = japanese.some((name) => tokenizerConfig[name] != null);
    checkClass(root, vocabulary, className ?? (isJapanese ? 'BertJapaneseTokenizer' : undefined));
    return { vocabulary, files, notes: [] };
  }
  const file = readJson<TokenizerJson>(root, vocabulary);
  checkAddedTokens(root, file.added_tokens, tokenizerConfig);
  if (literal.has(className)) return { vocabulary, files, notes: [] };
  compare(root, file, tokenizerConfig, className);
  const notes = [...caseNotes(file, tokenizerConfig, className), ...mapNotes(file, className)];
  return { vocabulary, files, notes };
}

function missing(root: string): KubesentimentError {
  const piece = sentencePieces.find((name) => existsSync(join(root, name)));
  if (piece === undefined) return invalid(root, 'has no tokenizer.json');
  const load = `AutoTokenizer.from_pretrained('${root}').save_pretrained('${root}')`;
  return invalid(root, `has ${piece}, but no tokenizer.json`, {
    remedy:
      'Write one: pip install transformers sentencepiece protobuf, then ' +
      `python3 -c "from transformers import AutoTokenizer; ${load}".`,
  });
}

function checkClass(root: string, vocabulary: string, className: unknown): void {
  const known = classesOf[vocabulary] as RegExp;
  if (className === undefined || className === null || known.test(String(className))) return;
  const what = `has no tokenizer.json, and its ${vocabulary} belongs to the tokenizer class "${className}"`;
  const load = `AutoTokenizer.from_pretrained('${root}').save_pretrained('${root}')`;
  throw invalid(root, what, {
    remedy:
      `Write a tokenizer.json: python3 -c "from transformers import AutoTokenizer; ${load}". ` +
      'Classes that cut words with a program in Python, such as those for Japanese, PhoBERT and BERTweet, ' +
      'cannot be written that way; use another model.',
  });
}

/** Refuses settings of tokenizer_config.json that tokenizer.json contradicts. */
function compare(root: string, file: TokenizerJson, settings: TokenizerConfig, className: unknown): void {
  const check = (name: keyof TokenizerConfig, path: string, found: unknown) => {
    const value = settings[name];
    const set = typeof value === 'object' ? (value as { content?: unknown } | null)?.content : value;
    if (set === undefined || set === null || found === undefined || set === found) return;
    throw contradiction(root, name, set, path, found);
  };
  const bert = partsOf(file.normalizer, 'normalizers').find(({ type }) => type === 'BertNormalizer');
  if (bert !== undefined) {
    const { lowercase = true, strip_accents, handle_chinese_chars = true } = bert;
    check('do_lower_case', 'normalizer.lowercase', lowercase);
    check('strip_accents', 'normalizer.strip_accents', strip_accents ?? lowercase);
    check('tokenize_chinese_chars', 'normalizer.handle_chinese_chars', handle_chinese_chars);
    check('unk_token', 'model.unk_token', file.model?.unk_token ?? undefined);
  }
  if (bert === undefined && rebuilt.has(familyOf(className))) {
    check('do_lower_case', 'normalizer', hasStep(file.normalizer, 'normalizers', 'Lowercase'));
    if (familyOf(className) === 'Albert')
      check('keep_accents', 'normalizer', !hasStep(file.normalizer, 'normalizers', 'StripAccents'));
    if (familyOf(className) === 'DebertaV2')
      check('split_by_punct', 'pre_tokenizer', hasStep(file.pre_tokenizer, 'pretokenizers', 'Punctuation'));
  }
  const bytes = partsOf(file.pre_tokenizer, 'pretokenizers').find(({ type }) => type === 'ByteLevel');
  if (bytes !== undefined) {
    check('add_prefix_space', 'pre_tokenizer.add_prefix_space', bytes.add_prefix_space ?? true);
  }
  const { cls, sep } = around(file.post_processor);
  check('cls_token', 'post_processor', cls);
  check('sep_token', 'post_processor', sep);
}

/** Classes of transformers 5 lower-case, or not, unless they are told otherwise, whatever tokenizer.json says. */
function caseNotes(
  { normalizer }: TokenizerJson,
  { do_lower_case }: TokenizerConfig,
  className: unknown,
): string[] {
  if (do_lower_case !== undefined && do_lower_case !== null) return [];
  const family = familyOf(className);
  const bert = partsOf(normalizer, 'normalizers').find(({ type }) => type === 'BertNormalizer');
  const lowers = bert?.lowercase ?? (bert !== undefined || hasStep(normalizer, 'normalizers', 'Lowercase'));
  const usual = bert === undefined ? rebuilt.get(family) : true;
  if (usual === undefined || usual === lowers) return [];
  return [
    `Texts ${lowers ? 'are lower-cased' : 'keep their case'}, as tokenizer.json says; tokenizer_config.json does not ` +
      `say do_lower_case, without which transformers 5 ${usual ? 'lower-cases' : 'keeps the case'} for the class ` +
      `${bert === undefined ? family : 'Bert'}Tokenizer.`,
  ];
}

/** transformers 5 gives DeBERTa another normalizer, though the models were trained with that of tokenizer.json. */
function mapNotes({ normalizer }: TokenizerJson, className: unknown): string[] {
  if (familyOf(className) !== 'DebertaV2' || !hasStep(normalizer, 'normalizers', 'Precompiled')) return [];
  return [
    'Characters such as ½ and ﬁ are written out first, as tokenizer.json says (Precompiled). transformers 5 leaves ' +
      'that out for the class DebertaV2Tokenizer, so there texts with such characters get other token ids.',
  ];
}

/** AlbertTokenizerFast: Albert */
function familyOf(className: unknown): string {
  return String(className).replace(/Tokenizer(Fast)?$/, '');
}

function hasStep(
  component: Component | null | undefined,
  list: 'normalizers' | 'pretokenizers',
  name: string,
): boolean {
  return partsOf(component, list).some(({ type }) => type === name);
}

/** The steps of a component. What is not as it should be is left to the loader, which names it. */
function partsOf(
  component: Component | null | undefined,
  list: 'normalizers' | 'pretokenizers' | 'processors',
): readonly Component[] {
  if (component === null || component === undefined) return [];
  if (component.type !== 'Sequence') return [component];
  const parts = component[list];
  return Array.isArray(parts) ? parts.flatMap((part: Component | null) => partsOf(part, list)) : [];
}

/** The token before a text and the one after it, if there is exactly one. */
function around(component: Component | null | undefined): {
  cls?: string | undefined;
  sep?: string | undefined;
} {
  for (const { type, cls, sep, single } of partsOf(component, 'processors')) {
    if (type === 'BertProcessing' || type === 'RobertaProcessing') return { cls: cls?.[0], sep: sep?.[0] };
    if (type !== 'TemplateProcessing' || !Array.isArray(single)) continue;
    const names = single.map((piece) => piece?.SpecialToken?.id);
    const text = names.indexOf(undefined);
    return {
      cls: text === 1 ? names[0] : undefined,
      sep: text === names.length - 2 ? names.at(-1) : undefined,
    };
  }
  return {};
}
