/** Writes small ONNX graphs: the few fields of onnx.proto that a classifier of some nodes needs. */

export const Type = { float: 1, int32: 6, int64: 7, bool: 9, float16: 10, double: 11, bfloat16: 16 } as const;
type ElementType = (typeof Type)[keyof typeof Type];
type Dimension = number | string;

export interface Port {
  readonly name: string;
  readonly type: ElementType;
  /** Left out: the file says nothing about the shape. */
  readonly shape?: readonly Dimension[];
}

export interface Initializer {
  readonly name: string;
  readonly type: 'float' | 'float16' | 'int64';
  readonly shape: readonly number[];
  readonly values: readonly number[];
  /** The values are in this file beside the model, see `rawValues`. */
  readonly file?: string;
}

export interface Node {
  readonly op: string;
  /** Of ONNX Runtime's own operators: com.microsoft. */
  readonly domain?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly integers?: Readonly<Record<string, number>>;
}

export interface Graph {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly nodes: readonly Node[];
  readonly initializers: readonly Initializer[];
}

const IR_VERSION = 8;
const OPSET = 17;

/** ModelProto */
export function onnxModel(graph: Graph, opset = OPSET): Buffer {
  const domains = new Set(graph.nodes.map(({ domain }) => domain).filter((domain) => domain !== undefined));
  return message(
    [1, IR_VERSION],
    [7, graphProto(graph)],
    [8, message([2, opset])],
    ...[...domains].map((domain): Entry => [8, message([1, domain], [2, 1])]),
  );
}

/** The bytes of an initializer's values, as they stand in a file of external data. */
export function rawValues({ type, values }: Initializer): Buffer {
  if (type === 'float16') return Buffer.from(Uint16Array.from(values, halfOf).buffer);
  const array = type === 'float' ? Float32Array.from(values) : BigInt64Array.from(values, BigInt);
  return Buffer.from(array.buffer);
}

/** The bits of a float16, for numbers that are one exactly, and are 0 or normal. */
function halfOf(value: number): number {
  if (value === 0) return 0;
  const bits = new DataView(new ArrayBuffer(4));
  bits.setFloat32(0, value);
  const single = bits.getUint32(0);
  const [sign, exponent] = [(single >>> 16) & 0x8000, ((single >>> 23) & 0xff) - 127 + 15];
  return sign | (exponent << 10) | ((single >>> 13) & 0x3ff);
}

function graphProto({ inputs, outputs, nodes, initializers }: Graph): Buffer {
  return message(
    ...nodes.map((node): Entry => [1, nodeProto(node)]),
    [2, 'graph'],
    ...initializers.map((initializer): Entry => [5, tensorProto(initializer)]),
    ...inputs.map((port): Entry => [11, valueInfo(port)]),
    ...outputs.map((port): Entry => [12, valueInfo(port)]),
  );
}

function nodeProto({ op, domain, inputs, outputs, integers = {} }: Node): Buffer {
  const INT = 2;
  return message(
    ...inputs.map((name): Entry => [1, name]),
    ...outputs.map((name): Entry => [2, name]),
    [4, op],
    ...(domain === undefined ? [] : [[7, domain] as const]),
    ...Object.entries(integers).map(([name, value]): Entry => [5, message([1, name], [3, value], [20, INT])]),
  );
}

function tensorProto(initializer: Initializer): Buffer {
  const { name, type, shape, file } = initializer;
  const EXTERNAL = 1;
  const values: Entry[] =
    file === undefined
      ? [[9, rawValues(initializer)]]
      : [
          [13, message([1, 'location'], [2, file])],
          [14, EXTERNAL],
        ];
  return message(...shape.map((size): Entry => [1, size]), [2, Type[type]], [8, name], ...values);
}

function valueInfo({ name, type, shape }: Port): Buffer {
  const dimension = (size: Dimension) => message(typeof size === 'number' ? [1, size] : [2, size]);
  const tensor: Entry[] = [[1, type]];
  if (shape !== undefined) tensor.push([2, message(...shape.map((size): Entry => [1, dimension(size)]))]);
  return message([1, name], [2, message([1, message(...tensor)])]);
}

/** A field number and its value: a whole number, a text or the bytes of a message. */
type Entry = readonly [field: number, value: number | string | Buffer];

function message(...entries: readonly Entry[]): Buffer {
  return Buffer.concat(
    entries.flatMap(([field, value]) => {
      if (typeof value === 'number') return [varint(field * 8), varint(value)];
      const bytes = Buffer.from(value as string);
      return [varint(field * 8 + 2), varint(bytes.length), bytes];
    }),
  );
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}
