import { KubesentimentError } from '../errors.ts';
import type { ModelGraph, ModelInput } from '../types.ts';
import { describePort, type GraphPort, type OnnxGraph, typeNames } from './onnx-file.ts';

export type GraphPlan = Omit<ModelGraph, 'weightPaths' | 'firstPosition'>;

const roles: ReadonlyMap<string, ModelInput['role']> = new Map([
  ['input_ids', 'ids'],
  ['attention_mask', 'mask'],
  ['token_type_ids', 'types'],
  ['position_ids', 'positions'],
]);
const INT64 = 7;
const INT32 = 6;
const floats: ReadonlySet<number> = new Set([1, 10, 11, 16]);
/** Operators that hand on what they get, as far as scores are concerned. */
const passing: ReadonlySet<string> = new Set([
  'Identity',
  'Cast',
  'Reshape',
  'Squeeze',
  'Unsqueeze',
  'Flatten',
  'Clip',
  'QuantizeLinear',
  'DequantizeLinear',
]);
/** Outputs of models for feature extraction, which may have the shape of logits. */
const EMBEDDING = /^(?!.*logit).*(embedding|pooler|pooled|hidden)/i;

/**
 * Which inputs a graph wants and which output has the logits. `labels`: their number, if it is known already.
 * KS_MODEL_UNSUPPORTED if the graph cannot classify texts; the sentence says what it has and what is needed.
 */
export function planOf(graph: OnnxGraph, file: string, labels: number | undefined): GraphPlan {
  const inputs = graph.inputs.map((port) => planInput(port, file));
  if (!inputs.some(({ role }) => role === 'ids')) {
    throw unsupported(
      `The graph ${file} has the inputs ${listPorts(graph.inputs)}; needed is input_ids.`,
      'Export the model again for text classification, with token ids as input.',
    );
  }
  const output = chooseOutput(graph, file, labels);
  const [rowsFixed, widthFixed] = [0, 1].map((axis) => {
    const sizes = graph.inputs.map(({ shape }) => shape?.[axis]).filter((size) => typeof size === 'number');
    return sizes.length === 0 ? undefined : Math.min(...(sizes as number[]));
  });
  const columns = output.shape?.[1];
  return {
    inputs,
    output: output.name,
    convertedFrom: output.type === 1 ? undefined : (typeNames[output.type] as string),
    columns: typeof columns === 'number' ? columns : undefined,
    rowsFixed,
    widthFixed,
    lastOperator: lastOperator(graph, output.name),
    quantization: graph.quantization,
  };
}

function planInput(port: GraphPort, file: string): ModelInput {
  const role = roles.get(port.name);
  const hasShape = port.shape === undefined || (port.shape.length === 2 && !port.shape.includes(0));
  if (role !== undefined && hasShape && (port.type === INT64 || port.type === INT32)) {
    return { name: port.name, role, type: port.type === INT64 ? 'int64' : 'int32' };
  }
  throw unsupported(
    `The graph ${file} has the input ${describePort(port)}; what can be given is ${[...roles.keys()].join(', ')}, ` +
      'int64 or int32, each [texts, tokens].',
    'Export the model again for text classification, without other inputs.',
  );
}

/** The logits by their name, else the only output of their shape. */
function chooseOutput({ outputs }: OnnxGraph, file: string, labels: number | undefined): GraphPort {
  const isTable = ({ type, shape }: GraphPort) =>
    floats.has(type) && (shape === undefined || shape.length === 2);
  const named = outputs.find(({ name }) => name === 'logits');
  if (named !== undefined && isTable(named)) return named;
  const others = outputs.filter((port) => isTable(port) && !EMBEDDING.test(port.name));
  const tables = named === undefined ? others : [];
  const fitting = tables.filter(({ shape }) => {
    const size = shape?.[1];
    return labels === undefined || typeof size !== 'number' || size === labels;
  });
  const [only] = fitting.length === 0 ? tables : fitting;
  if (only !== undefined && (fitting.length === 1 || tables.length === 1)) return only;
  throw unsupported(
    `The graph ${file} has the outputs ${listPorts(outputs)}; needed is one with the logits, of float32, float16, ` +
      'bfloat16 or float64, [texts, labels], that is named "logits" or is the only one of that shape.',
    'Export the model again for text classification: "optimum-cli export onnx --task text-classification"; ' +
      'a model for feature extraction has no head that could classify.',
  );
}

function lastOperator({ producers }: OnnxGraph, output: string): string {
  let name = output;
  for (let step = 0; step < 16; step++) {
    const producer = producers.get(name);
    if (producer === undefined || !passing.has(producer.op)) return producer?.op ?? '';
    name = producer.from;
  }
  return '';
}

function listPorts(ports: readonly GraphPort[]): string {
  return ports.length === 0 ? 'none' : ports.map(describePort).join('; ');
}

function unsupported(message: string, remedy: string): KubesentimentError {
  return new KubesentimentError('KS_MODEL_UNSUPPORTED', message, { remedy });
}
