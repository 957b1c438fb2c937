/** Model directories that `model import` makes something of: what is built, and what becomes of the graph. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../helpers/paths.ts';
import { type Files, filesOf, labels } from './directory.ts';
import { type GraphOptions, graphOf } from './graphs.ts';
import { type Initializer, type Node, onnxModel, rawValues, Type } from './onnx-writer.ts';
import { words } from './tokenizer.ts';

export interface ImportedCase {
  readonly name: string;
  readonly files: Files;
  /** The file that is imported; default: the directory. */
  readonly source?: string;
  readonly args?: readonly string[];
  /** In the order in which they are reported. */
  readonly changes: readonly RegExp[];
  /** Operators that the new graph has, and has no more. */
  readonly has?: readonly string[];
  readonly hasNot?: readonly string[];
  /** Of a score; default: 1e-5. */
  readonly apartMax?: number;
  /** By the batch; default: 1e-6. undefined: it must show. */
  readonly batchMax?: number | undefined;
  readonly notes?: readonly RegExp[];
}

const fixture = (name: string) => readFileSync(join(root, 'test/fixtures/ordinary-export', name));
/** Six layers in elementary operators, random weights. */
const ordinary = (name: string): Files =>
  filesOf({}, { ...labels, vocab_size: 64 }, { 'model.onnx': fixture(name) });
const quantize = ['--quantize'];
const halves = { name: 'a graph of float16', files: filesOf({}, labels, { 'model.onnx': graphOfHalves() }) };
const DYNAMIC = /It is quantized dynamically.*model import --quantize --texts FILE/;

/** Graphs that change. */
export const rewritten: readonly ImportedCase[] = [
  {
    name: 'six layers in elementary operators',
    files: ordinary('model.onnx'),
    changes: [/^fused: .*6 Attention/],
    has: ['LayerNormalization', 'Attention', 'BiasGelu'],
    hasNot: ['Erf', 'Softmax', 'ReduceMean', 'SkipLayerNormalization'],
  },
  {
    name: 'the same, quantized',
    files: ordinary('model.onnx'),
    args: quantize,
    changes: [/^fused: /, /^24 matrix products compute with int8 and constant scales now/],
    has: ['QuantizeLinear', 'MatMulIntegerToFloat', 'QAttention'],
    hasNot: ['DynamicQuantizeLinear', 'SkipLayerNormalization'],
    apartMax: 0.1,
  },
  {
    name: 'dynamic int8',
    files: ordinary('model_quantized.onnx'),
    changes: [],
    has: ['DynamicQuantizeLinear'],
    apartMax: 0.1,
    batchMax: undefined,
    notes: [DYNAMIC],
  },
  {
    name: 'dynamic int8, its scales made constant',
    files: ordinary('model_quantized.onnx'),
    args: quantize,
    changes: [/^25 scales that were computed for each batch are constants now/],
    has: ['QuantizeLinear', 'MatMulInteger'],
    hasNot: ['DynamicQuantizeLinear'],
    apartMax: 0.1,
  },
  {
    name: 'float16 logits',
    files: filesOf({ logitsType: Type.float16 }),
    changes: [/^the logits became float32/],
    apartMax: 2e-3,
  },
  {
    name: 'bfloat16 logits',
    files: filesOf({ logitsType: Type.bfloat16 }),
    changes: [/^the logits became float32/],
    apartMax: 2e-2,
  },
  { ...halves, changes: [/^float16 became float32 in 1 constant/, /^the logits/], apartMax: 2e-3 },
  {
    name: 'SkipLayerNormalization',
    files: filesOf({}, labels, { 'model.onnx': graphWithSkipNorm({}) }),
    changes: [/^1 SkipLayerNormalization became Add and LayerNormalization/],
    has: ['Add', 'LayerNormalization'],
    hasNot: ['SkipLayerNormalization'],
  },
  {
    name: 'SkipLayerNormalization with a bias, whose sum is used',
    files: filesOf({}, labels, { 'model.onnx': graphWithSkipNorm({ bias: true, sum: true }) }),
    changes: [/^1 SkipLayerNormalization became/],
    hasNot: ['SkipLayerNormalization'],
  },
];

/** Kinds of directories whose graphs have nothing to change. */
export const kinds: readonly ImportedCase[] = [
  {
    name: 'external weights',
    files: filesOf({ weightsFile: 'weights.bin' }, labels, { 'weights.bin': weightsOf() }),
    changes: [],
  },
  {
    name: 'several files, one of them named',
    files: filesOf(
      {},
      {},
      { 'model.onnx': undefined, 'onnx/a.onnx': onnxModel(graphOf()), 'onnx/b.onnx': 'x' },
    ),
    source: 'onnx/a.onnx',
    args: ['--labels', 'NEGATIVE,POSITIVE'],
    changes: [],
  },
  ...[
    ['int32 inputs', { idType: Type.int32, types: true }],
    ['position_ids', { positions: true }],
    ['a fixed batch and length', { shape: [4, 16], idType: Type.int32, logitsShape: [4, 2] }],
    ['no attention_mask', { mask: false }],
    ['outputs beside the logits', { before: [{ name: 'pooler', type: Type.float, shape: ['batch', 2] }] }],
  ].map(([name, graph]) => ({ name: name as string, files: filesOf(graph as GraphOptions), changes: [] })),
];

/** Sample texts of the words that the tokenizer knows, of many lengths; the same ones every time. */
export function sampleTexts(count: number): string[] {
  let state = 1;
  const random = (below: number): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
  const known = words.slice(4);
  return Array.from({ length: count }, () =>
    Array.from({ length: 1 + random(20) }, () => known[random(known.length)]).join(' '),
  );
}

function graphOfHalves(): Buffer {
  const { initializers, nodes, ...graph } = graphOf({ logitsType: Type.float16 });
  const cast = (node: Node): Node =>
    node.op === 'Cast' && node.outputs[0] === 'mask_float'
      ? { ...node, integers: { to: Type.float16 } }
      : node;
  const half = (each: Initializer): Initializer =>
    each.name === 'table' ? { ...each, type: 'float16' } : each;
  return onnxModel({ ...graph, nodes: nodes.map(cast), initializers: initializers.map(half) });
}

/** The rows of the words, added to themselves and normalized, take the place of the rows. */
function graphWithSkipNorm({ bias = false, sum = false }): Buffer {
  const { nodes, initializers, ...graph } = graphOf();
  const vector = (name: string, values: number[]): Initializer => ({
    name,
    type: 'float',
    shape: [2],
    values,
  });
  const inputs = ['looked_up', 'looked_up', 'gamma', 'beta', ...(bias ? ['bias'] : [])];
  const outputs = sum ? ['normalized', '', '', 'sum'] : ['normalized'];
  const norm: Node[] = [
    { op: 'SkipLayerNormalization', domain: 'com.microsoft', inputs, outputs },
    sum
      ? { op: 'Add', inputs: ['normalized', 'sum'], outputs: ['rows'] }
      : { op: 'Identity', inputs: ['normalized'], outputs: ['rows'] },
  ];
  const [gather, ...others] = nodes as [Node, ...Node[]];
  return onnxModel({
    ...graph,
    nodes: [{ ...gather, outputs: ['looked_up'] }, ...norm, ...others],
    initializers: [
      ...initializers,
      vector('gamma', [0.5, 0.25]),
      vector('beta', [0.125, -0.125]),
      vector('bias', [0.25, 0.5]),
    ],
  });
}

function weightsOf(): Buffer {
  const table = graphOf().initializers.find(({ name }) => name === 'table');
  return rawValues(table as Initializer);
}

/** What is refused, with exit code 2, before anything is written. */
export const refusedImports: readonly {
  name: string;
  files: Files;
  message: RegExp;
  args?: readonly string[];
}[] = [
  {
    name: 'a tokenizer is missing',
    files: filesOf({}, labels, { 'tokenizer.json': undefined }),
    message: /has no tokenizer\.json/,
  },
  {
    name: 'a Git LFS pointer in the place of the graph',
    files: filesOf({}, labels, {
      'model.onnx': 'version https://git-lfs.github.com/spec/v1\noid sha256:0\n',
    }),
    message: /Git LFS pointer of model\.onnx.*git lfs pull/s,
  },
  {
    name: 'an opset that does not exist yet',
    files: filesOf({}, labels, { 'model.onnx': onnxModel(graphOf(), 99) }),
    message: /cannot be loaded: .*[Oo]pset 99/,
  },
  {
    name: 'half a file',
    files: filesOf({}, labels, { 'model.onnx': onnxModel(graphOf()).subarray(0, 300) }),
    message: /model\.onnx that is no ONNX model|cannot be loaded/,
  },
  {
    name: 'external weights that are missing',
    files: filesOf({ weightsFile: 'weights.bin' }),
    message: /has no weights\.bin, where model\.onnx keeps its weights/,
  },
  {
    name: 'only weights of PyTorch',
    files: filesOf({}, labels, { 'model.onnx': undefined, 'model.safetensors': 'weights' }),
    message: /has no ONNX file.*optimum-cli export onnx/s,
  },
  {
    name: 'nothing that could be quantized',
    files: filesOf(),
    args: quantize,
    message: /no matrix product with constant weights/,
  },
];
