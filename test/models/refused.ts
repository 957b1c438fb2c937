/** Model directories that are refused: what is built, and what is said. */
import { type Files, filesOf, labels } from './directory.ts';
import { graphOf } from './graphs.ts';
import { onnxModel, Type } from './onnx-writer.ts';
import { tokenizerJson } from './tokenizer.ts';

export interface RefusedCase {
  readonly name: string;
  readonly files: Files;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** model.path within the directory; default: the directory itself. */
  readonly at?: string;
  /** Default: KS_MODEL_INVALID */
  readonly code?: string;
  readonly message: RegExp;
  readonly remedy?: RegExp;
}

const POINTER = 'version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 267832558\n';
const PAGE = '<!DOCTYPE html>\n<html><head><title>Sign in</title></head></html>\n';
const UNSUPPORTED = 'KS_MODEL_UNSUPPORTED';
const hidden = { name: 'hidden', type: Type.float, shape: ['batch', 'length', 2] } as const;

/** A graph without its logits. */
const featureExtraction = () => {
  const graph = graphOf({ before: [hidden] });
  return onnxModel({ ...graph, outputs: [hidden] });
};
/** A graph with one more input. */
const withInput = (name: string, type: number = Type.int64) => {
  const graph = graphOf();
  const more = { name, type: type as typeof Type.int64, shape: ['batch', 'length'] };
  return onnxModel({ ...graph, inputs: [...graph.inputs, more] });
};

const graphs: readonly RefusedCase[] = [
  {
    name: 'a model for feature extraction',
    files: filesOf({}, labels, { 'model.onnx': featureExtraction() }),
    code: UNSUPPORTED,
    message: /outputs hidden float32 \[batch, length, 2\]; needed is one with the logits/,
    remedy: /text-classification/,
  },
  {
    name: 'two tables as wide as the labels, neither named logits',
    files: filesOf({
      logitsName: 'output_0',
      before: [{ name: 'output_1', type: Type.float, shape: ['batch', 2] }],
    }),
    code: UNSUPPORTED,
    message: /outputs output_1 float32 \[batch, 2\]; output_0 float32 \[batch, 2\]; needed/,
  },
  {
    name: 'logits of whole numbers',
    files: filesOf({ logitsType: Type.int64 }),
    code: UNSUPPORTED,
    message: /logits int64 \[batch, 2\]; needed is .* float32/,
  },
  {
    name: 'an input of another kind',
    files: filesOf({}, labels, { 'model.onnx': withInput('pixel_values') }),
    code: UNSUPPORTED,
    message: /the input pixel_values int64 \[batch, length\]; what can be given is input_ids, attention_mask/,
  },
  {
    name: 'an input of another type',
    files: filesOf({ idType: Type.float }),
    code: UNSUPPORTED,
    message: /the input input_ids float32 \[batch, length\]; .*int64 or int32/,
  },
  {
    name: 'a head wider than the labels',
    files: filesOf({ labels: 3 }),
    message: /has 2 labels \(id2label in config.json\), but its graph has a head with 3 outputs/,
    remedy: /model\.labels/,
  },
  {
    name: 'a head wider than the labels, which the file does not say',
    files: filesOf({ labels: 3, logitsShape: undefined }),
    message: /A batch of 1 text of \d+ tokens fails: logits is \[1, 3\] for 1 texts, not \[1, 2\]/,
  },
  {
    name: 'more labels in num_labels than the head has',
    files: filesOf({}, { num_labels: 5 }),
    message: /has 5 labels \(num_labels\), but its graph has a head with 2 outputs/,
  },
  {
    name: 'special tokens that the graph does not know',
    files: filesOf({}, labels, {
      'tokenizer.json': {
        ...tokenizerJson({ special: false }),
        post_processor: { type: 'BertProcessing', cls: ['[CLS]', 2000], sep: ['[SEP]', 3] },
      },
    }),
    message: /cannot classify.*fails: .*Gather.*indices element out of data bounds/s,
    remedy: /belong together/,
  },
  {
    name: 'a tokenizer with more words than the graph knows',
    files: filesOf({}, labels, { 'tokenizer.json': tokenizerJson({ moreWords: ['new'] }) }),
    message: /A text with the tokenizer's last token, 8, fails: .*indices element out of data bounds/,
    remedy: /belong together/,
  },
  {
    name: 'an operator that nobody knows',
    files: filesOf({}, labels, {
      'model.onnx': onnxModel({
        ...graphOf(),
        nodes: graphOf().nodes.map((node) => (node.op === 'Mul' ? { ...node, op: 'Mull' } : node)),
      }),
    }),
    message: /cannot be loaded: ONNX Runtime rejects it: .*Mull/,
  },
];

const everyFile = [
  'config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'model.onnx',
];
const replaced = (file: string, content: string): Files => filesOf({}, labels, { [file]: content });

const files: readonly RefusedCase[] = [
  ...everyFile.map((file) => ({
    name: `a Git LFS pointer in the place of ${file}`,
    files: replaced(file, POINTER),
    message: new RegExp(`has only the Git LFS pointer of ${file}`),
    remedy: /git lfs pull/,
  })),
  ...everyFile.map((file) => ({
    name: `a web page in the place of ${file}`,
    files: replaced(file, PAGE),
    message: new RegExp(`has a web page in the place of ${file}`),
    remedy: /Download the file again/,
  })),
  ...everyFile.map((file) => ({
    name: `nothing in ${file}`,
    files: replaced(file, ''),
    message: new RegExp(`has a ${file} that is empty`),
  })),
  {
    name: 'something else in the place of the graph',
    files: replaced('model.onnx', 'graph'),
    message: /has a model\.onnx that is no ONNX model/,
  },
  {
    name: 'weights that are missing',
    files: filesOf({ weightsFile: 'model.onnx_data' }),
    message: /has no model\.onnx_data, where model\.onnx keeps its weights/,
  },
  ...['../model.onnx_data', '/tmp/model.onnx_data'].map((weightsFile) => ({
    name: `weights outside of the directory: ${weightsFile}`,
    files: filesOf({ weightsFile }),
    message: /has a model\.onnx whose weights are outside its directory/,
  })),
  {
    name: 'a Git LFS pointer in the place of the weights',
    files: filesOf({ weightsFile: 'model.onnx_data' }, labels, { 'model.onnx_data': POINTER }),
    message: /has only the Git LFS pointer of model\.onnx_data/,
    remedy: /git lfs pull/,
  },
  {
    name: 'no ONNX file',
    files: filesOf({}, labels, { 'model.onnx': undefined }),
    message: /has no ONNX file/,
  },
  {
    name: 'several ONNX files, none with a usual name',
    files: filesOf({}, labels, { 'model.onnx': undefined, 'a.onnx': 'x', 'onnx/b.onnx': 'x' }),
    message: /has several ONNX files: a\.onnx, onnx\/b\.onnx/,
    remedy: /model\.file/,
  },
  {
    name: 'a model.file that is not there',
    files: filesOf({}, labels, { 'onnx/model_fp16.onnx': 'x' }),
    settings: { file: 'model_fp16.onnx' },
    message: /has no model_fp16\.onnx \(model\.file\); there are model\.onnx, onnx\/model_fp16\.onnx/,
  },
];

const names: readonly RefusedCase[] = [
  {
    name: 'a hundred thousand labels',
    files: filesOf(
      {},
      { id2label: Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [i, `L${i}`])) },
    ),
    message: /has 100000 labels \(id2label in config\.json\); 1 to 255 are possible/,
  },
  {
    name: 'two labels of one name',
    files: filesOf({}, { id2label: { 0: 'OTHER', 1: 'OTHER' } }),
    message: /gives two outputs the same label, "OTHER" \(id2label in config\.json\)/,
    remedy: /model\.labels/,
  },
  {
    name: 'an id2label that begins with 1',
    files: filesOf({}, { id2label: { 1: 'a', 2: 'b' } }),
    message: /has an id2label in config\.json that does not name the outputs 0, 1/,
  },
  {
    name: 'model.labels of another number',
    files: filesOf(),
    settings: { labels: ['a', 'b', 'c'] },
    message: /has 3 labels \(model\.labels\), but its graph has a head with 2 outputs/,
  },
  {
    name: 'min_score for a regression',
    files: filesOf({}, { ...labels, problem_type: 'regression' }),
    settings: { min_score: 0.5 },
    code: 'KS_CONFIG_INVALID',
    message: /model\.min_score is 0\.5, but this model's scores are plain values/,
  },
  {
    name: 'a padding_side of another kind',
    files: filesOf({}, labels, { 'tokenizer_config.json': { padding_side: 'middle' } }),
    message: /has a padding_side that is neither left nor right/,
  },
];

export const refused: readonly RefusedCase[] = [...graphs, ...files, ...names];
