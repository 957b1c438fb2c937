/** Model directories that are served: what is built, and the scores that a text must get. */
import { type Files, filesOf, labels } from './directory.ts';
import { lastLogitsOf, logitsOf, type Scoring, sigmoid, values } from './expected.ts';
import { Type } from './onnx-writer.ts';
import { tokenizerJson } from './tokenizer.ts';

export interface ServedCase {
  readonly name: string;
  readonly files: Files;
  /** Of the section `model`. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Default: NEGATIVE and POSITIVE. */
  readonly labels?: readonly string[];
  /** Default: the sum over all words. */
  readonly logits?: (text: string) => readonly number[];
  /** Default: softmax. */
  readonly scoring?: Scoring;
  /** A result lists the labels above 0.5. */
  readonly several?: boolean;
  /** Each is found in one of the notes; if left out, there are none. */
  readonly notes?: readonly RegExp[];
  /** Of scores; default: 1e-6. */
  readonly tolerance?: number;
}

const negativeOnly = { id2label: { 0: 'NEGATIVE' } };
const noSpecial = { 'tokenizer.json': tokenizerJson({ special: false }) };
/** The positions of [CLS], the words and [SEP] are added to the first column. */
const withPositions = (first: number) => (text: string) => {
  const [negative = 0, positive = 0] = logitsOf(text);
  const tokens = text.split(' ').length + 2;
  return [negative + tokens * first + (tokens * (tokens - 1)) / 2, positive];
};

const inputs: readonly ServedCase[] = [
  { name: 'a plain classifier', files: filesOf() },
  { name: 'int32 inputs', files: filesOf({ idType: Type.int32, types: true }) },
  { name: 'token_type_ids', files: filesOf({ types: true }) },
  { name: 'position_ids, from 0', files: filesOf({ positions: true }), logits: withPositions(0) },
  {
    name: 'position_ids of int32, from 0',
    files: filesOf({ positions: true, idType: Type.int32 }),
    logits: withPositions(0),
  },
  {
    name: 'position_ids of RoBERTa, from pad + 1',
    files: filesOf({ positions: true }, { ...labels, model_type: 'roberta', pad_token_id: 1 }),
    logits: withPositions(2),
  },
  {
    name: 'a fixed batch of 1',
    files: filesOf({ shape: [1, 'length'], logitsShape: [1, 2] }),
    notes: [/batches of exactly 1 text, .*slow/],
  },
  {
    name: 'a fixed batch of 3',
    files: filesOf({ shape: [3, 'length'], logitsShape: [3, 2] }),
    notes: [/batches of exactly 3 texts/],
  },
  {
    name: 'a fixed length of 16',
    files: filesOf({ shape: ['batch', 16] }),
    notes: [/batches of exactly 16 tokens/],
  },
  {
    name: 'a fixed batch and length',
    files: filesOf({ shape: [4, 16], idType: Type.int32, logitsShape: [4, 2] }),
    notes: [/batches of exactly 4 texts of 16 tokens/],
  },
  { name: 'no attention_mask', files: filesOf({ mask: false }), notes: [/no attention_mask.*equal length/] },
  {
    name: 'a last-token head without pad_token_id',
    files: filesOf({ head: 'last' }, { ...labels, model_type: 'gpt2', pad_token_id: null }, noSpecial),
    logits: lastLogitsOf,
    notes: [/Padding changes.*equal length/],
  },
  {
    name: 'a last-token head with padding_side left',
    files: filesOf(
      { head: 'last' },
      { ...labels, model_type: 'gpt2' },
      { ...noSpecial, 'tokenizer_config.json': { padding_side: 'left' } },
    ),
    logits: lastLogitsOf,
  },
  {
    name: 'a last-token head with padding on the left by tokenizer.json',
    files: filesOf(
      { head: 'last' },
      { ...labels, model_type: 'gpt2' },
      {
        'tokenizer.json': tokenizerJson({
          special: false,
          more: { padding: { direction: 'Left', pad_id: 0, pad_token: '[PAD]' } },
        }),
      },
    ),
    logits: lastLogitsOf,
  },
];

const outputs: readonly ServedCase[] = [
  { name: 'float16 logits', files: filesOf({ logitsType: Type.float16 }), tolerance: 2e-3 },
  { name: 'bfloat16 logits', files: filesOf({ logitsType: Type.bfloat16 }), tolerance: 2e-2 },
  { name: 'double logits', files: filesOf({ logitsType: Type.double }) },
  {
    name: 'logits behind a pooler as wide as the labels',
    files: filesOf({ before: [{ name: 'pooler', type: Type.float, shape: ['batch', 2] }] }),
  },
  {
    name: 'logits under another name, the only table',
    files: filesOf({
      logitsName: 'output_0',
      before: [{ name: 'hidden', type: Type.float, shape: ['batch', 'length', 2] }],
    }),
  },
  {
    name: 'logits under another name, the only ones as wide as the labels',
    files: filesOf({
      logitsName: 'output_0',
      before: [{ name: 'pooler', type: Type.float, shape: ['batch', 7] }],
    }),
  },
  { name: 'a shape that the file does not say', files: filesOf({ logitsShape: undefined }) },
  { name: 'softmax in the graph', files: filesOf({ end: 'Softmax' }), notes: [/ends with a softmax/] },
  {
    name: 'softmax in the graph, asked for once more',
    files: filesOf({ end: 'Softmax' }),
    settings: { activation: 'softmax' },
    notes: [/ends with a softmax/],
  },
  {
    name: 'sigmoid in the graph',
    files: filesOf({ end: 'Sigmoid' }, { ...labels, problem_type: 'multi_label_classification' }),
    scoring: sigmoid,
    several: true,
    notes: [/several labels/, /ends with a sigmoid/],
  },
];

const heads: readonly ServedCase[] = [
  {
    name: 'several labels at once',
    files: filesOf({}, { ...labels, problem_type: 'multi_label_classification' }),
    scoring: sigmoid,
    several: true,
    notes: [/several labels: those with a score above 0.5/],
  },
  {
    name: 'several labels at once, by the setting',
    files: filesOf(),
    settings: { activation: 'sigmoid' },
    scoring: sigmoid,
    several: true,
  },
  {
    name: 'a regression with two outputs',
    files: filesOf({}, { ...labels, problem_type: 'regression' }),
    scoring: values,
    notes: [/regression/],
  },
  {
    name: 'a regression with one output',
    files: filesOf({ labels: 1 }, { ...negativeOnly, problem_type: 'regression' }),
    labels: ['NEGATIVE'],
    logits: (text) => logitsOf(text, 1),
    scoring: values,
    notes: [/regression/],
  },
  {
    name: 'one label',
    files: filesOf({ labels: 1 }, negativeOnly),
    labels: ['NEGATIVE'],
    logits: (text) => logitsOf(text, 1),
    scoring: sigmoid,
  },
  { name: 'raw logits', files: filesOf(), settings: { activation: 'none' }, scoring: values },
];

const DEFAULTS = /names no labels, so they are LABEL_0, LABEL_1/;
const byDefault = (name: string, config: object): ServedCase => ({
  name,
  files: filesOf({}, config),
  labels: ['LABEL_0', 'LABEL_1'],
  notes: [DEFAULTS],
});

const names: readonly ServedCase[] = [
  byDefault('no id2label', {}),
  byDefault('id2label null', { id2label: null }),
  byDefault('id2label empty', { id2label: {} }),
  byDefault('id2label of numbers', { id2label: { 0: 0, 1: 1 } }),
  byDefault('num_labels', { num_labels: 2 }),
  {
    name: 'labels by the graph',
    files: filesOf({ labels: 3 }, {}),
    labels: ['LABEL_0', 'LABEL_1', 'LABEL_2'],
    logits: (text) => logitsOf(text, 3),
    notes: [/3, by the graph/],
  },
  {
    name: 'label2id alone',
    files: filesOf({}, { label2id: { POSITIVE: 1, NEGATIVE: 0 } }),
    notes: [/label2id, because config.json has no id2label/],
  },
  { name: 'id2label of stars', files: filesOf({}, { id2label: { 0: 1, 1: 5 } }), labels: ['1', '5'] },
  {
    name: 'labels by the setting',
    files: filesOf({}, { id2label: { 0: 'LABEL_0', 1: 'LABEL_1' } }),
    settings: { labels: ['down', 'up'] },
    labels: ['down', 'up'],
  },
  {
    name: 'label2id contradicts id2label',
    files: filesOf({}, { ...labels, label2id: { NEGATIVE: 1, POSITIVE: 0 } }),
    notes: [/"NEGATIVE" is output 0 in id2label and 1 in label2id/, /"POSITIVE"/],
  },
];

export const served: readonly ServedCase[] = [...inputs, ...outputs, ...heads, ...names];
