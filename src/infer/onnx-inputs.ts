import type { ModelGraph, ModelInput } from '../types.ts';
import type { BackendBatch } from './backend.ts';

type Rows = Pick<BackendBatch, 'rows' | 'width' | 'ids' | 'mask'>;
export type InputData = BigInt64Array | Int32Array;

/** The inputs of a graph for one batch after another. What is not in the batch is kept in buffers of its own. */
export class OnnxInputs {
  readonly #graph: ModelGraph;
  readonly #buffers: ReadonlyMap<string, InputData>;

  constructor(graph: ModelGraph, tokensMax: number) {
    this.#graph = graph;
    const own = graph.inputs.filter((input) => !isInBatch(input));
    this.#buffers = new Map(
      own.map(({ name, type }) => [
        name,
        type === 'int64' ? new BigInt64Array(tokensMax) : new Int32Array(tokensMax),
      ]),
    );
  }

  /** Valid until the next call for the same input, which must not come before the model has run. */
  dataOf(input: ModelInput, batch: Rows): InputData {
    if (isInBatch(input)) return input.role === 'ids' ? batch.ids : batch.mask;
    const buffer = this.#buffers.get(input.name) as InputData;
    const data = buffer.subarray(0, batch.rows * batch.width);
    if (input.role === 'positions') this.#writePositions(data, batch);
    else if (input.role !== 'types')
      copyInt32(data as Int32Array, input.role === 'ids' ? batch.ids : batch.mask);
    return data; // types: every text is a single segment, so they are all 0
  }

  /** Numbers the tokens of each row, those of padding excepted. */
  #writePositions(data: InputData, { rows, width, mask }: Rows): void {
    const { firstPosition } = this.#graph;
    const [words, step] = wordsOf(data);
    const [masks, maskStep] = wordsOf(mask);
    const padding = Math.max(0, firstPosition - 1);
    for (let row = 0; row < rows; row++) {
      let position = firstPosition;
      for (let at = row * width; at < (row + 1) * width; at++) {
        words[at * step] = masks[at * maskStep] === 1 ? position++ : padding;
      }
    }
  }
}

/** A batch of exactly `rows` rows: some of `batch` from row `from` on, the last one repeated as often as needed. */
export function rowsOf({ rows, width, ids, mask }: Rows, from: number, count: number): Rows {
  const own = {
    rows: count,
    width,
    ids: new BigInt64Array(count * width),
    mask: new BigInt64Array(count * width),
  };
  for (let row = 0; row < count; row++) {
    const source = Math.min(from + row, rows - 1) * width;
    own.ids.set(ids.subarray(source, source + width), row * width);
    own.mask.set(mask.subarray(source, source + width), row * width);
  }
  return own;
}

function isInBatch({ role, type }: ModelInput): boolean {
  return type === 'int64' && (role === 'ids' || role === 'mask');
}

function copyInt32(target: Int32Array, source: BigInt64Array): void {
  const [words, step] = wordsOf(source);
  for (let i = 0; i < target.length; i++) target[i] = words[i * step] as number;
}

/** Numbers from 0 to 2^31 - 1 as 32-bit words, and how many words apart they are: no BigInt is made for each token. */
function wordsOf(data: InputData): [words: Int32Array, step: number] {
  if (data instanceof Int32Array) return [data, 1];
  return [new Int32Array(data.buffer, data.byteOffset, data.length * 2), 2];
}
