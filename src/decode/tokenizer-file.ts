import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { KubesentimentError } from '../errors.ts';

interface AddedToken {
  readonly content: string;
  readonly lstrip?: boolean;
  readonly rstrip?: boolean;
  readonly single_word?: boolean;
  readonly normalized?: boolean;
  readonly special?: boolean;
}
type Vocabulary = Readonly<Record<string, number>>;
type Settings = Readonly<Record<string, unknown>>;

const tokenNames = [
  'bos_token',
  'eos_token',
  'unk_token',
  'sep_token',
  'pad_token',
  'cls_token',
  'mask_token',
];

/** Special tokens of the model types whose older files can be read, as in the Hugging Face library. */
const defaults: Readonly<Record<string, Settings>> = {
  bert: {
    unk_token: '[UNK]',
    sep_token: '[SEP]',
    pad_token: '[PAD]',
    cls_token: '[CLS]',
    mask_token: '[MASK]',
  },
  roberta: {
    bos_token: '<s>',
    eos_token: '</s>',
    unk_token: '<unk>',
    sep_token: '</s>',
    pad_token: '<pad>',
    cls_token: '<s>',
    mask_token: { content: '<mask>', lstrip: true },
  },
  gpt2: { bos_token: '<|endoftext|>', eos_token: '<|endoftext|>', unk_token: '<|endoftext|>' },
};

/**
 * The bytes of a tokenizer.json. In an older directory `path` is the vocabulary: vocab.json of RoBERTa and GPT-2, with
 * merges.txt beside it, or vocab.txt of BERT. The tokenizer.json is then assembled the way the Hugging Face library
 * does it. Throws KS_MODEL_NOT_FOUND, KS_MODEL_INVALID, KS_MODEL_UNSUPPORTED.
 */
export function readTokenizerFile(path: string): Buffer {
  if (basename(path) === 'vocab.json') return toFile(bpeTokenizer(dirname(path)));
  if (basename(path) === 'vocab.txt') return toFile(wordPieceTokenizer(dirname(path)));
  return read(path);
}

/** The highest ids of a tokenizer; undefined if it has none, or says it in another way. */
export interface HighestIds {
  readonly vocabulary: number | undefined;
  readonly addedTokens: number | undefined;
}

export function highestIds(path: string): HighestIds {
  const { model, added_tokens: added } = JSON.parse(readTokenizerFile(path).toString('utf8')) as {
    model?: { vocab?: unknown };
    added_tokens?: readonly { id: number }[] | null;
  };
  return {
    vocabulary: highestOf(model?.vocab),
    addedTokens: added?.reduce(
      (highest: number | undefined, { id }) => Math.max(highest ?? 0, id),
      undefined,
    ),
  };
}

function highestOf(vocab: unknown): number | undefined {
  if (Array.isArray(vocab)) return vocab.length - 1; // of Unigram: tokens and their scores, in the order of ids
  if (typeof vocab !== 'object' || vocab === null) return undefined;
  return Object.values(vocab).reduce((highest: number, id) => Math.max(highest, id), 0);
}

function toFile(tokenizer: object): Buffer {
  return Buffer.from(JSON.stringify({ version: '1.0', ...tokenizer }));
}

function bpeTokenizer(directory: string): object {
  const type = modelTypeOf(directory);
  if (type !== 'roberta' && type !== 'gpt2') throw unsupported(directory, 'vocab.json', type);
  const settings = settingsOf(directory, type);
  const vocab = readJson(join(directory, 'vocab.json')) as Vocabulary;
  const merges = linesOf(join(directory, 'merges.txt')).filter((line) => !line.startsWith('#version'));
  const add_prefix_space = settings['add_prefix_space'] === true;
  const idOf = (name: string): [string, number] => {
    const { content } = tokenOf(settings[name], name);
    return [content, idIn(vocab, content, directory)];
  };
  return {
    added_tokens: addedTokens(settings, vocab, directory),
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space, trim_offsets: true, use_regex: true },
    post_processor:
      type === 'gpt2'
        ? null
        : { type: 'RobertaProcessing', cls: idOf('cls_token'), sep: idOf('sep_token'), add_prefix_space },
    model: { type: 'BPE', vocab, merges },
  };
}

function wordPieceTokenizer(directory: string): object {
  const type = modelTypeOf(directory);
  if (type !== 'bert' && type !== 'distilbert') throw unsupported(directory, 'vocab.txt', type);
  const settings = settingsOf(directory, 'bert');
  const vocab = Object.fromEntries(linesOf(join(directory, 'vocab.txt')).map((token, id) => [token, id]));
  const pair = (name: string) => {
    const { content } = tokenOf(settings[name], name);
    return [content, idIn(vocab, content, directory)];
  };
  return {
    added_tokens: addedTokens(settings, vocab, directory),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: settings['tokenize_chinese_chars'] ?? true,
      strip_accents: settings['strip_accents'] ?? null,
      lowercase: settings['do_lower_case'] ?? true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: { type: 'BertProcessing', cls: pair('cls_token'), sep: pair('sep_token') },
    model: { type: 'WordPiece', vocab, unk_token: tokenOf(settings['unk_token'], 'unk_token').content },
  };
}

function addedTokens(settings: Settings, vocab: Vocabulary, directory: string): object[] {
  const tokens = new Map<string, object>();
  const add = (token: AddedToken) => {
    const id = idIn(vocab, token.content, directory);
    tokens.set(token.content, { normalized: false, special: true, ...token, id });
  };
  for (const name of tokenNames) {
    if (settings[name] === undefined || settings[name] === null) continue;
    add(tokenOf(settings[name], name));
  }
  for (const name of ['additional_special_tokens', 'extra_special_tokens']) {
    const more = settings[name];
    for (const token of Array.isArray(more) ? more : []) add(tokenOf(token, name));
  }
  // The flags here win over those of a token that is given as plain text above.
  const decoder = settings['added_tokens_decoder'] as Record<string, AddedToken> | undefined;
  for (const [id, token] of Object.entries(decoder ?? {})) {
    add(token);
    if (vocab[token.content] !== Number(id))
      throw new KubesentimentError(
        'KS_MODEL_INVALID',
        `${directory}: tokenizer_config.json gives ${JSON.stringify(token.content)} the id ${id}, the vocabulary ` +
          'another.',
        { remedy: REMEDY },
      );
  }
  return [...tokens.values()];
}

/** A mask token given as plain text swallows the white space before it. */
function tokenOf(value: unknown, name: string): AddedToken {
  if (typeof value === 'string')
    return { content: value, lstrip: name === 'mask_token' && value === '<mask>' };
  return value as AddedToken;
}

function idIn(vocab: Vocabulary, token: string, directory: string): number {
  const id = vocab[token];
  if (id !== undefined) return id;
  throw new KubesentimentError('KS_MODEL_INVALID', `${directory}: the vocabulary lacks ${token}.`, {
    remedy: REMEDY,
  });
}

function settingsOf(directory: string, type: string): Settings {
  if (existsSync(join(directory, 'added_tokens.json')))
    throw unsupported(directory, 'added_tokens.json', type);
  const files = ['special_tokens_map.json', 'tokenizer_config.json'].map((name) => join(directory, name));
  const found = files.filter(existsSync).map((path) => readJson(path) as Settings);
  return Object.assign({}, defaults[type], ...found) as Settings;
}

function modelTypeOf(directory: string): string {
  return String((readJson(join(directory, 'config.json')) as { model_type?: string }).model_type);
}

function linesOf(path: string): string[] {
  return read(path)
    .toString('utf8')
    .replace(/\r?\n$/, '')
    .split(/\r?\n/);
}

function readJson(path: string): unknown {
  const bytes = read(path);
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new KubesentimentError('KS_MODEL_INVALID', `${path} is not JSON.`, { remedy: REMEDY, cause });
  }
}

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new KubesentimentError('KS_MODEL_NOT_FOUND', `Cannot read ${path}.`, { remedy: REMEDY, cause });
  }
}

const REMEDY =
  'The model directory needs a tokenizer.json, as written by `save_pretrained` of the Hugging Face library.';

function unsupported(directory: string, file: string, type: string): KubesentimentError {
  const message = `${directory} has no tokenizer.json, and ${file} of a "${type}" model is not supported.`;
  return new KubesentimentError('KS_MODEL_UNSUPPORTED', message, { remedy: REMEDY });
}
