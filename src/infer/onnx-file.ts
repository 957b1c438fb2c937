import type { ModelGraph } from '../types.ts';
import { fieldParts, fieldsOf, numberField, type ProtobufField, textField, textOf } from './protobuf.ts';

/** An input or output of a graph. */
export interface GraphPort {
  readonly name: string;
  /** TensorProto.DataType; 0: not a tensor. */
  readonly type: number;
  /** A name stands for a size that may vary; undefined: the file does not say. */
  readonly shape: readonly (number | string)[] | undefined;
}

/** What an ONNX file says about itself, without loading it. */
export interface OnnxGraph {
  readonly inputs: readonly GraphPort[];
  readonly outputs: readonly GraphPort[];
  /** Files that hold weights, relative to the model's folder. */
  readonly weightFiles: readonly string[];
  readonly quantization: ModelGraph['quantization'];
  /** Name of a value → the operator that computes it and its first input. */
  readonly producers: ReadonlyMap<string, { readonly op: string; readonly from: string }>;
}

/** Names of TensorProto.DataType. */
export const typeNames: Readonly<Record<number, string>> = {
  1: 'float32',
  2: 'uint8',
  3: 'int8',
  6: 'int32',
  7: 'int64',
  8: 'string',
  9: 'bool',
  10: 'float16',
  11: 'float64',
  16: 'bfloat16',
};
const FLOAT32 = 1;

/** `input_ids int64 [batch, length]` */
export function describePort({ name, type, shape }: GraphPort): string {
  const sizes =
    shape === undefined
      ? 'of unknown shape'
      : `[${shape.map((size) => (size === '' ? '?' : size)).join(', ')}]`;
  // Names are somebody else's, and the sentence goes to a terminal.
  return JSON.stringify(`${name} ${typeNames[type] ?? `type ${type}`} ${sizes}`).slice(1, -1);
}

/** Throws an Error if the bytes are not an ONNX model. */
export function readOnnx(model: Uint8Array): OnnxGraph {
  const graphs = [...fieldsOf(model)].filter(({ number }) => number === 7);
  if (graphs.length === 0) throw new Error('it has no graph');
  const found = { initializers: new Set<string>(), weightFiles: new Set<string>() };
  const producers = new Map<string, { op: string; from: string }>();
  const inputs: GraphPort[] = [];
  const outputs: GraphPort[] = [];
  let quantization: ModelGraph['quantization'] = 'none';
  for (const field of graphs.flatMap(({ bytes }) => [...fieldsOf(bytes)])) {
    if (field.number === 1) {
      const op = readNode(field, producers, found.weightFiles);
      if (op.startsWith('DynamicQuantize')) quantization = 'dynamic';
      else if (/^(QuantizeLinear|QLinear|QGemm)/.test(op) && quantization === 'none') quantization = 'static';
    } else if (field.number === 5) readTensor(field, found);
    else if (field.number === 11) inputs.push(readPort(field));
    else if (field.number === 12) outputs.push(readPort(field));
  }
  return {
    // Older exporters list the weights as inputs too.
    inputs: inputs.filter(({ name }) => !found.initializers.has(name)),
    outputs,
    weightFiles: [...found.weightFiles],
    quantization,
    producers,
  };
}

/** The model with the output `name` replaced by `converted`, the same as float32; other outputs are left out. */
export function withFloatOutput(model: Uint8Array, name: string, converted: string): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const field of fieldsOf(model)) {
    if (field.number !== 7) parts.push(field.whole);
    else parts.push(...fieldParts(7, graphWithFloatOutput(field.bytes, name, converted)));
  }
  return Buffer.concat(parts);
}

function graphWithFloatOutput(graph: Uint8Array, name: string, converted: string): Uint8Array[] {
  const kept = [...fieldsOf(graph)].filter(({ number }) => number !== 12).map(({ whole }) => whole);
  const INT = 2;
  const to = [textField(1, 'to'), numberField(3, FLOAT32), numberField(20, INT)];
  const cast = [textField(1, name), textField(2, converted), textField(4, 'Cast'), ...fieldParts(5, to)];
  const tensor = fieldParts(1, [numberField(1, FLOAT32)]);
  const output = [textField(1, converted), ...fieldParts(2, tensor)];
  return [...kept, ...fieldParts(1, cast), ...fieldParts(12, output)];
}

function readNode(
  node: ProtobufField,
  producers: Map<string, { op: string; from: string }>,
  weightFiles: Set<string>,
): string {
  const fields = [...fieldsOf(node.bytes)];
  const texts = (number: number) => fields.filter((field) => field.number === number).map(textOf);
  const [op = ''] = texts(4);
  const [from = ''] = texts(1);
  for (const output of texts(2)) producers.set(output, { op, from });
  for (const attribute of fields.filter(({ number }) => number === 5)) readAttribute(attribute, weightFiles);
  return op;
}

/** Constants and the bodies of loops may keep weights in files of their own too. */
function readAttribute(attribute: ProtobufField, weightFiles: Set<string>): void {
  for (const field of fieldsOf(attribute.bytes)) {
    if (field.number === 5) readTensor(field, { initializers: new Set(), weightFiles });
    else if (field.number === 6) {
      for (const inner of fieldsOf(field.bytes)) {
        if (inner.number === 1) readNode(inner, new Map(), weightFiles);
        else if (inner.number === 5) readTensor(inner, { initializers: new Set(), weightFiles });
      }
    }
  }
}

function readTensor(
  tensor: ProtobufField,
  found: { readonly initializers: Set<string>; readonly weightFiles: Set<string> },
): void {
  for (const field of fieldsOf(tensor.bytes)) {
    if (field.number === 8) found.initializers.add(textOf(field));
    if (field.number !== 13) continue;
    const [key, value] = [...fieldsOf(field.bytes)].map(textOf);
    if (key === 'location' && value !== undefined) found.weightFiles.add(value);
  }
}

function readPort(port: ProtobufField): GraphPort {
  let name = '';
  let type = 0;
  let shape: (number | string)[] | undefined;
  for (const field of fieldsOf(port.bytes)) {
    if (field.number === 1) name = textOf(field);
    if (field.number !== 2) continue;
    const tensor = [...fieldsOf(field.bytes)].find(({ number }) => number === 1);
    for (const part of tensor === undefined ? [] : fieldsOf(tensor.bytes)) {
      if (part.number === 1) type = part.value;
      if (part.number === 2) shape = [...fieldsOf(part.bytes)].map(readDimension);
    }
  }
  return { name, type, shape };
}

/** An unnamed size that may vary is the empty text. */
function readDimension(dimension: ProtobufField): number | string {
  for (const field of fieldsOf(dimension.bytes)) {
    if (field.number === 1 && field.value < 2 ** 53) return field.value;
    if (field.number === 2) return textOf(field);
  }
  return '';
}
