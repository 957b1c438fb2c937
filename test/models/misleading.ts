/** Directories that look like something else, at the first sight. */
import { join } from 'node:path';
import { type Files, filesOf, labels } from './directory.ts';
import { type Scoring, sigmoid } from './expected.ts';
import { type GraphOptions, graphOf } from './graphs.ts';
import { type Initializer, type Node, onnxModel, rawValues, Type } from './onnx-writer.ts';
import type { RefusedCase } from './refused.ts';
import type { ServedCase } from './served.ts';
import { tokenizerJson, words } from './tokenizer.ts';

const scale = { name: 'scale', type: 'float', shape: [], values: [1 / 255] } as const;
const severalLabels = { ...labels, problem_type: 'multi_label_classification' };
const lowerCase = tokenizerJson({ more: { normalizer: { type: 'BertNormalizer', lowercase: true } } });
const twice: Scoring = (logits) => sigmoid(sigmoid(logits));

/** A graph whose logits go through more nodes, the last of which writes `logits`. */
function followed(options: GraphOptions, nodes: readonly Node[]): Files {
  const graph = graphOf({ ...options, logitsName: 'before' });
  const outputs = [{ name: 'logits', type: Type.float, shape: ['batch', 2] }];
  const initializers = [...graph.initializers, scale];
  return {
    'model.onnx': onnxModel({ ...graph, nodes: [...graph.nodes, ...nodes], outputs, initializers }),
    'tokenizer.json': lowerCase,
  };
}

function weightsBeside(folder: string, options: GraphOptions & { readonly weightsFile: string }): Files {
  const graph = graphOf(options);
  const [table] = graph.initializers;
  return {
    'model.onnx': undefined,
    [join(folder, 'model.onnx')]: onnxModel(graph),
    [join(folder, options.weightsFile)]: rawValues(table as Initializer),
  };
}

export const servedMisleading: readonly ServedCase[] = [
  {
    name: 'softmax in the graph, rounded to eight bits',
    files: filesOf(
      {},
      labels,
      followed({ end: 'Softmax' }, [
        { op: 'QuantizeLinear', inputs: ['before', 'scale'], outputs: ['bits'] },
        { op: 'DequantizeLinear', inputs: ['bits', 'scale'], outputs: ['logits'] },
      ]),
    ),
    notes: [/ends with a softmax/],
    tolerance: 1 / 255,
  },
  {
    name: 'sigmoid in the graph, kept within bounds',
    files: filesOf(
      {},
      severalLabels,
      followed({ end: 'Sigmoid' }, [{ op: 'Clip', inputs: ['before'], outputs: ['logits'] }]),
    ),
    scoring: sigmoid,
    several: true,
    notes: [/several labels/, /ends with a sigmoid/],
  },
  {
    name: 'sigmoid in the graph where it is not seen',
    files: filesOf(
      {},
      severalLabels,
      followed({ end: 'Sigmoid' }, [{ op: 'Abs', inputs: ['before'], outputs: ['logits'] }]),
    ),
    scoring: twice,
    several: true,
    notes: [
      /several labels/,
      /lie between 0 and 1\. If they are probabilities already, set model\.activation to none/,
    ],
  },
  {
    name: 'logits under another name beside a pooler as wide as the labels',
    files: filesOf({
      logitsName: 'output_0',
      before: [{ name: 'pooler_output', type: Type.float, shape: ['batch', 2] }],
    }),
  },
  {
    name: 'weights in a file of their own, in a folder',
    files: filesOf({}, labels, weightsBeside('onnx', { weightsFile: 'model.onnx_data' })),
  },
  {
    name: 'float16 logits with weights in a file of their own',
    files: filesOf(
      {},
      labels,
      weightsBeside('.', { weightsFile: 'model.onnx_data', logitsType: Type.float16 }),
    ),
    tolerance: 2e-3,
  },
  {
    name: 'an added token that the graph does not know',
    files: filesOf({}, labels, {
      'tokenizer.json': tokenizerJson({
        more: { added_tokens: [{ id: words.length, content: '<new>', special: true, normalized: false }] },
      }),
    }),
    notes: [/does not know the added token 8/],
  },
  {
    name: 'a vocab.txt whose settings mark other tokens as special',
    files: filesOf({}, labels, {
      'tokenizer.json': undefined,
      'vocab.txt': words.join('\n'),
      'tokenizer_config.json': {
        mask_token: null,
        additional_special_tokens: ['good'],
        added_tokens_decoder: { 5: { content: 'bad', lstrip: true, normalized: false, special: true } },
      },
    }),
  },
];

const withoutJson = (more: Files): Files => filesOf({}, labels, { 'tokenizer.json': undefined, ...more });
const cached = (more: Files): Files => ({ 'blobs/1': 'x', 'snapshots/b1/config.json': {}, ...more });

export const refusedMisleading: readonly RefusedCase[] = [
  ...['sentence_embedding', 'pooler_output', 'last_hidden_state'].map((logitsName) => ({
    name: `a graph whose only table is ${logitsName}`,
    files: filesOf({ logitsName }, {}),
    code: 'KS_MODEL_UNSUPPORTED',
    message: new RegExp(`has the outputs ${logitsName} float32 .*needed is one with the logits`),
    remedy: /feature extraction/,
  })),
  {
    name: 'a graph that takes no tokens',
    files: filesOf({ shape: ['batch', 0] }),
    code: 'KS_MODEL_UNSUPPORTED',
    message: /has the input input_ids int64 \[batch, 0\]; what can be given/,
  },
  {
    name: 'a vocab.txt for Japanese that does not name its class',
    files: withoutJson({
      'vocab.txt': words.join('\n'),
      'tokenizer_config.json': { do_lower_case: false, word_tokenizer_type: 'mecab' },
    }),
    message: /its vocab\.txt belongs to the tokenizer class "BertJapaneseTokenizer"/,
  },
  {
    name: 'an added token with another id than in the vocabulary',
    files: withoutJson({
      'vocab.txt': words.join('\n'),
      'tokenizer_config.json': { mask_token: null, added_tokens_decoder: { 7: { content: 'bad' } } },
    }),
    message: /gives "bad" the id 7, the vocabulary another/,
  },
  {
    name: 'a file in the place of the directory',
    files: filesOf(),
    at: 'model.onnx',
    code: 'KS_MODEL_NOT_FOUND',
    message: /model\.onnx" is a file, not the directory of a model/,
    remedy: /model\.file to "model\.onnx"/,
  },
  {
    name: 'a repository in the Hugging Face cache',
    files: cached({ 'refs/main': 'b1\n', 'snapshots/a0/config.json': {} }),
    message: /is what the Hugging Face cache keeps of a repository/,
    remedy: /snapshots\/b1"/,
  },
  ...['config.json', 'tokenizer.json', 'tokenizer_config.json', 'special_tokens_map.json', 'model.onnx'].map(
    (file) => ({
      name: `a ${file} that is a link to nothing`,
      files: filesOf({}, labels, { 'vocab.txt': words.join('\n'), [file]: { link: '../../blobs/0123' } }),
      message: new RegExp(`has a ${file} that is a link to \\.\\./\\.\\./blobs/0123, and nothing is there`),
      remedy: /cp -rL/,
    }),
  ),
];
