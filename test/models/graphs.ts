/** Classifiers of a few nodes. Each word has a row of numbers, and the logits are sums of these rows. */
import { type Graph, type Initializer, type Node, type Port, Type } from './onnx-writer.ts';
import { type Word, words } from './tokenizer.ts';

/** What each word adds to the logits; the special ones add something as well, where nothing hides them. */
export const weights: Readonly<Record<Word, readonly [number, number]>> = {
  '[PAD]': [3, -1],
  '[UNK]': [0, 0],
  '[CLS]': [0, 0],
  '[SEP]': [0, 0],
  good: [-1, 1.5],
  bad: [1.25, -0.5],
  fine: [-0.5, 0.25],
  dull: [0.5, 0],
};

export interface GraphOptions {
  readonly idType?: (typeof Type)[keyof typeof Type];
  /** Sizes of the inputs. */
  readonly shape?: readonly (number | string)[];
  readonly mask?: boolean;
  /** Further inputs; they are added to the ids' part of the logits, times 0, or counted, see `positions`. */
  readonly types?: boolean;
  /** The sum of all positions of tokens is added to every logit of the first column. */
  readonly positions?: boolean;
  /** sum of all tokens, the row of the last one, or that of the last one that is not `padId`. */
  readonly head?: 'sum' | 'last' | 'last token';
  readonly padId?: number;
  readonly logitsName?: string;
  readonly logitsType?: (typeof Type)[keyof typeof Type];
  /** `undefined`: the file says nothing about the shape. */
  readonly logitsShape?: readonly (number | string)[] | undefined;
  /** What comes last. */
  readonly end?: 'Softmax' | 'Sigmoid';
  readonly labels?: number;
  /** Outputs that come before the logits. */
  readonly before?: readonly Port[];
  readonly weightsFile?: string;
  readonly weights?: Readonly<Record<Word, readonly number[]>>;
  /** For another vocabulary: what each of its tokens adds to the logits. */
  readonly table?: readonly (readonly number[])[];
}

export function graphOf(options: GraphOptions = {}): Graph {
  const { idType = Type.int64, shape = ['batch', 'length'], mask = true, types = false } = options;
  const { positions = false, logitsName = 'logits', logitsType = Type.float, labels = 2, end } = options;
  const input = (name: string): Port => ({ name, type: idType, shape });
  const nodes = [...rows(options), ...(positions ? withPositions : [])];
  const sums = positions ? 'moved' : 'sums';
  nodes.push(
    ...(end === undefined ? [] : [node(end, [sums], ['ended'], end === 'Softmax' ? { axis: -1 } : {})]),
  );
  nodes.push(node('Cast', [end === undefined ? sums : 'ended'], [logitsName], { to: logitsType }));
  for (const { name } of options.before ?? [])
    nodes.push(node('Identity', [name === 'hidden' ? 'rows' : 'sums'], [name]));
  const logits: Port = { name: logitsName, type: logitsType };
  const named = 'logitsShape' in options ? options.logitsShape : ['batch', labels];
  return {
    inputs: [
      input('input_ids'),
      ...(mask ? [input('attention_mask')] : []),
      ...(types ? [input('token_type_ids')] : []),
      ...(positions ? [input('position_ids')] : []),
    ],
    outputs: [...(options.before ?? []), named === undefined ? logits : { ...logits, shape: named }],
    nodes,
    initializers: initializers(options),
  };
}

function rows({ mask = true, types = false, head = 'sum' }: GraphOptions): Node[] {
  if (head === 'last') {
    const unused = mask ? [node('Identity', ['attention_mask'], ['unused'])] : [];
    return [
      ...unused,
      node('Gather', ['input_ids', 'minus_one'], ['last'], { axis: 1 }),
      node('Gather', ['table', 'last'], ['sums']),
    ];
  }
  const nodes = [node('Gather', ['table', 'input_ids'], ['rows'])];
  if (head === 'last token') return [...nodes, ...lastToken];
  let kept = 'rows';
  if (mask) {
    nodes.push(
      node('Cast', ['attention_mask'], ['mask_float'], { to: Type.float }),
      node('Unsqueeze', ['mask_float', 'two'], ['mask_column']),
      node('Mul', ['rows', 'mask_column'], ['kept']),
    );
    kept = 'kept';
  }
  nodes.push(node('ReduceSum', [kept, 'one'], [types ? 'untyped' : 'sums'], { keepdims: 0 }));
  if (types) {
    nodes.push(
      node('Cast', ['token_type_ids'], ['types_float'], { to: Type.float }),
      node('ReduceSum', ['types_float', 'one'], ['types_sum'], { keepdims: 1 }),
      node('Add', ['untyped', 'types_sum'], ['sums']),
    );
  }
  return nodes;
}

/** As transformers finds it: by the token that pads, not by the mask. */
const lastToken: readonly Node[] = [
  node('Identity', ['attention_mask'], ['unused']),
  node('Equal', ['input_ids', 'pad_id'], ['is_pad']),
  node('Not', ['is_pad'], ['is_token']),
  node('Cast', ['is_token'], ['tokens'], { to: Type.float }),
  node('CumSum', ['tokens', 'axis'], ['from_the_end'], { reverse: 1 }),
  node('Equal', ['from_the_end', 'one_float'], ['is_at_end']),
  node('And', ['is_at_end', 'is_token'], ['is_last']),
  node('Cast', ['is_last'], ['last_float'], { to: Type.float }),
  node('Unsqueeze', ['last_float', 'two'], ['last_column']),
  node('Mul', ['rows', 'last_column'], ['kept']),
  node('ReduceSum', ['kept', 'one'], ['sums'], { keepdims: 0 }),
];

/** Adds the position of each token, those of padding excepted. */
const withPositions: readonly Node[] = [
  node('Cast', ['position_ids'], ['positions_float'], { to: Type.float }),
  node('Mul', ['positions_float', 'mask_float'], ['positions_kept']),
  node('ReduceSum', ['positions_kept', 'one'], ['positions_sum'], { keepdims: 1 }),
  node('Mul', ['positions_sum', 'first_column'], ['positions_row']),
  node('Add', ['sums', 'positions_row'], ['moved']),
];

function initializers(options: GraphOptions): Initializer[] {
  const { weightsFile, labels = 2, weights: own = weights, padId = 0 } = options;
  const rows = options.table ?? words.map((word) => own[word]);
  const values = rows.flatMap((row) => Array.from({ length: labels }, (_, i) => row[i] ?? 0));
  const table = { name: 'table', type: 'float', shape: [rows.length, labels], values } as const;
  return [
    weightsFile === undefined ? table : { ...table, file: weightsFile },
    { name: 'one', type: 'int64', shape: [1], values: [1] },
    { name: 'two', type: 'int64', shape: [1], values: [2] },
    { name: 'minus_one', type: 'int64', shape: [], values: [-1] },
    { name: 'pad_id', type: 'int64', shape: [], values: [padId] },
    { name: 'axis', type: 'int64', shape: [], values: [1] },
    { name: 'one_float', type: 'float', shape: [], values: [1] },
    {
      name: 'first_column',
      type: 'float',
      shape: [labels],
      values: [1, ...Array<number>(labels - 1).fill(0)],
    },
  ];
}

function node(op: string, inputs: string[], outputs: string[], integers: Record<string, number> = {}): Node {
  return { op, inputs, outputs, integers };
}
