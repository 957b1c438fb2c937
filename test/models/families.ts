/**
 * Directories of the families of models that the Hugging Face hub has, as transformers saves them, with small
 * vocabularies. test/fixtures/families has their files, and the ids that Python's `tokenizers` gives to its texts.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { root } from '../helpers/paths.ts';
import type { Files } from './directory.ts';
import { type GraphOptions, graphOf } from './graphs.ts';
import { onnxModel } from './onnx-writer.ts';

type Vocabulary = Record<string, number> | [token: string, score: number][];
interface TokenizerJson {
  readonly added_tokens: readonly { id: number }[];
  readonly model: { readonly vocab: Vocabulary };
}
interface Entry {
  readonly name: string;
  /** Of test/fixtures/tokenizer: what has the vocabulary. */
  readonly base: string | null;
  readonly renamed: Readonly<Record<string, string>>;
  readonly tokenizer: object;
  readonly config: { readonly pad_token_id: number };
  readonly tokenizerConfig: object;
  /** Of each text; none for a text without tokens. */
  readonly ids: readonly (readonly number[])[];
}
export interface FamilyCase {
  readonly name: string;
  readonly files: Files;
  readonly ids: readonly (readonly number[])[];
  readonly logits: (ids: readonly number[]) => readonly number[];
  readonly notes: readonly RegExp[];
}

const fixtures = join(root, 'test/fixtures');
const unzipped = (name: string) => gunzipSync(readFileSync(join(fixtures, 'tokenizer', name))).toString();
const { texts, families: entries } = JSON.parse(
  readFileSync(join(fixtures, 'families/families.json'), 'utf8'),
) as { texts: readonly string[]; families: readonly Entry[] };
const charsmap = (JSON.parse(unzipped('xlm-roberta-bytes.json.gz')) as { normalizer: object }).normalizer;

/** What the graphs of each family have that others do not. */
const graphs: Readonly<Record<string, GraphOptions>> = {
  ALBERT: { types: true },
  'Qwen 3': { head: 'last token' },
  'Qwen 3.5': { head: 'last token' },
  'Llama 3': { head: 'last token' },
  Gemma: { head: 'last token' },
};
/** Where transformers gives texts other ids than tokenizer.json does. */
const notes: Readonly<Record<string, readonly RegExp[]>> = {
  'DeBERTa v3': [/Characters such as ½ and ﬁ are written out first.*transformers 5 leaves that out/],
};

export { texts as familyTexts };
export const families: readonly FamilyCase[] = entries.map(familyCase);

function familyCase({ name, base, renamed, tokenizer, config, tokenizerConfig, ids }: Entry): FamilyCase {
  const file = filled(tokenizer) as TokenizerJson;
  const whole = base === null ? file : withVocabulary(file, JSON.parse(unzipped(base)), renamed);
  const padId = config.pad_token_id;
  const table = tableOf(whole);
  const graph: GraphOptions = { ...graphs[name], table, padId };
  const rowOf = (id: number | undefined) => (id === undefined ? [0, 0] : (table[id] as readonly number[]));
  return {
    name,
    notes: notes[name] ?? [],
    files: {
      'config.json': config,
      'tokenizer_config.json': tokenizerConfig,
      'tokenizer.json': whole,
      'model.onnx': onnxModel(graphOf(graph)),
    },
    ids: ids.map((row) => (row.length === 0 ? [padId] : row)),
    logits: (row) =>
      graph.head === 'last token'
        ? rowOf(row.findLast((id) => id !== padId))
        : [0, 1].map((i) => row.reduce((sum, id) => sum + (rowOf(id)[i] as number), 0)),
  };
}

/** The same with the map of characters in its place. */
function filled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(filled);
  if (typeof value !== 'object' || value === null) return value;
  if ('type' in value && value.type === 'Precompiled') return charsmap;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, filled(each)]));
}

function withVocabulary(file: TokenizerJson, base: TokenizerJson, renamed: Entry['renamed']): TokenizerJson {
  const nameOf = (token: string) => renamed[token] ?? token;
  const { vocab } = base.model;
  const named = Array.isArray(vocab)
    ? vocab.map(([token, score]) => [nameOf(token), score])
    : Object.fromEntries(Object.entries(vocab).map(([token, id]) => [nameOf(token), id]));
  return { ...file, model: { ...base.model, ...file.model, vocab: named as Vocabulary } };
}

/** Some numbers for each token, which float32 adds without rounding. */
function tableOf({ model: { vocab }, added_tokens: added }: TokenizerJson): number[][] {
  const last = Math.max(Object.keys(vocab).length - 1, ...added.map(({ id }) => id));
  const value = (id: number, column: number) => (((id * 7919 + column * 104_729) % 129) - 64) / 64;
  return Array.from({ length: last + 1 }, (_, id) => [value(id, 0), value(id, 1)]);
}
