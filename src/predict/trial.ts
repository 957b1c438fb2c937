import type { BatchLimits } from '../classify/message-batch.ts';
import type { Decoder } from '../decode/decoder.ts';
import type { LoadedTokenizer } from '../decode/loaded-tokenizer.ts';
import { highestIds } from '../decode/tokenizer-file.ts';
import { KubesentimentError } from '../errors.ts';
import type { ModelPool, Tensors } from '../infer/model-pool.ts';
import type { SlotTable } from '../slots.ts';
import type { Activation, ModelInfo } from '../types.ts';

/** What only running a model tells about it. */
export interface ModelTraits {
  /** What is left to be done to its numbers. */
  readonly activation: Activation;
  /** Padding changes the scores of a text, so only texts of equal length go together. */
  readonly equalLengths: boolean;
  /** Whole sentences, for people. */
  readonly notes: readonly string[];
}

export interface TrialParts {
  readonly model: ModelInfo;
  readonly decoder: Decoder;
  /** Has room for all samples. */
  readonly table: SlotTable;
  readonly pool: ModelPool;
  readonly limits: BatchLimits;
  /** Of the model, if it was loaded aside. */
  readonly tokenizer?: LoadedTokenizer | undefined;
}

/** Our own sentences, of different lengths; the last one is too long for most models. */
const samples = [
  'Good.',
  'The food was cold, and nobody said sorry for it.',
  'A quiet film, funny at times, that I would gladly watch again with friends next week.',
  'It came on Tuesday, in two parts, and does what it should. '.repeat(400),
];
/** Logits of one text, alone and beside others, that differ by more than this share of the largest are different. */
const TOLERANCE = 0.01;
/** Numbers rounded to few steps may fall on the other side of a step. */
const QUANTIZED_TOLERANCE = 0.05;
/** float16 has three digits. */
const SUM_TOLERANCE = 0.005;
/** How far a score that was rounded to eight bits can be from what it was. */
const EIGHT_BITS = 1 / 256;
/** Tokens of a row in the batches that warm the model up. */
const warmUpWidths = [16, 32, 64] as const;

/**
 * Runs the model on a few texts before the first message comes, so that no message pays for a model that cannot answer.
 * Rejects with KS_MODEL_INVALID and ONNX Runtime's own reason, or with KS_INFERENCE_TIMEOUT.
 */
export async function tryModel(parts: TrialParts): Promise<ModelTraits> {
  const slots = Int32Array.from(samples, () =>
    parts.table.take({ topic: '', partition: 0, offset: 0, value: null, size: 0 }, performance.now()),
  );
  try {
    parts.decoder.decodeTexts(samples, slots, slots.length);
    return await new Trial(parts, slots).run();
  } finally {
    for (const slot of slots) parts.table.release(slot);
  }
}

class Trial {
  readonly #parts: TrialParts;
  /** Of the samples that requests may be as long as (`kafka.max_message_bytes`). */
  readonly #slots: readonly number[];
  readonly #longSlot: number;

  constructor(parts: TrialParts, slots: Int32Array) {
    this.#parts = parts;
    this.#slots = [...slots].filter((slot) => (parts.table.length[slot] as number) > 0);
    this.#longSlot = slots[slots.length - 1] as number;
  }

  async run(): Promise<ModelTraits> {
    const { graph, head } = this.#parts.model;
    if (this.#slots.every((slot) => slot === this.#longSlot))
      return { activation: head.activation, equalLengths: this.#hasNoMask(), notes: [] };
    const alone: number[][] = [];
    for (const slot of this.#slots) alone.push(...(await this.#logits([slot])));
    const short = this.#fitting();
    const together = graph.widthFixed === undefined && !this.#hasNoMask() ? await this.#logits(short) : alone;
    if (![...alone, ...together].some((row) => row.every(Number.isFinite))) {
      throw refusal('Its logits are not numbers (NaN) for any of a few plain sentences');
    }
    const equalLengths =
      graph.widthFixed === undefined && (this.#hasNoMask() || this.#differ(alone, together));
    const idNotes = await this.#tryHighestIds();
    await this.#warmUp(short);
    return {
      ...this.#activation([...alone, ...together]),
      equalLengths,
      notes: [...this.#notes(alone, equalLengths), ...idNotes],
    };
  }

  /** Samples that fit into one batch; the long one would fill it by itself. */
  #fitting(): number[] {
    const { limits, table, model } = this.#parts;
    const short = this.#slots.filter((slot) => slot !== this.#longSlot);
    const longest = Math.max(
      model.graph.widthFixed ?? 0,
      ...short.map((slot) => table.length[slot] as number),
    );
    return short.slice(0, Math.max(1, Math.min(limits.rowsMax, Math.floor(limits.tokensMax / longest))));
  }

  #hasNoMask(): boolean {
    return !this.#parts.model.graph.inputs.some(({ role }) => role === 'mask');
  }

  #differ(alone: readonly number[][], together: readonly number[][]): boolean {
    const tolerance = this.#parts.model.graph.quantization === 'none' ? TOLERANCE : QUANTIZED_TOLERANCE;
    const largest = Math.max(...alone.flat().map(Math.abs));
    return together.some((row, index) =>
      row.some((logit, i) => !(Math.abs(logit - (alone[index]?.[i] as number)) <= tolerance * largest)),
    );
  }

  /** A softmax or sigmoid that is in the graph must not be applied once more. */
  #activation(rows: readonly number[][]): Pick<ModelTraits, 'activation'> {
    const { head } = this.#parts.model;
    return { activation: this.#applied(rows) === undefined ? head.activation : 'none' };
  }

  #applied(rows: readonly number[][]): 'softmax' | 'sigmoid' | undefined {
    const { head, labels, graph } = this.#parts.model;
    if (head.activation === 'none') return undefined;
    if (!areShares(rows)) return undefined;
    const rounding = graph.lastOperator === 'Softmax' ? labels.length * EIGHT_BITS : 0;
    const isSum = (row: readonly number[]) =>
      Math.abs(row.reduce((sum, value) => sum + value, 0) - 1) < SUM_TOLERANCE + rounding;
    if (graph.lastOperator === 'Sigmoid') return 'sigmoid';
    const isProof = graph.lastOperator === 'Softmax' || areVaried(rows);
    return labels.length > 1 && isProof && rows.every(isSum) ? 'softmax' : undefined;
  }

  #notes(rows: readonly number[][], equalLengths: boolean): string[] {
    const applied = this.#applied(rows);
    const notes: string[] = [];
    if (applied !== undefined)
      notes.push(
        `The graph ends with a ${applied}, so its numbers are the scores; nothing is applied to them.`,
      );
    else if (this.#parts.model.head.activation === 'sigmoid' && areShares(rows) && areVaried(rows))
      notes.push(
        'All its numbers for a few plain sentences lie between 0 and 1. If they are probabilities already, set ' +
          'model.activation to none; as it is, a sigmoid is applied to them.',
      );
    if (equalLengths) {
      const why = this.#hasNoMask()
        ? 'The graph has no attention_mask'
        : 'Padding changes the scores of this model';
      notes.push(`${why}, so only texts of equal length go through it together, which is slower.`);
    }
    if (this.#parts.model.graph.quantization === 'dynamic')
      notes.push(
        'It is quantized dynamically: the score of a text depends a little on the texts beside it. ' +
          '"kubesentiment model import --quantize --texts FILE" makes its scales constant.',
      );
    return notes;
  }

  /**
   * A tokenizer of another model may have ids that the graph does not know, and plain sentences none of them. Added
   * tokens may be unknown to it too, which harms only the texts that name them.
   */
  async #tryHighestIds(): Promise<string[]> {
    const { model, tokenizer } = this.#parts;
    const { vocabulary = -1, addedTokens = -1 } = tokenizer?.highestIds ?? highestIds(model.tokenizerPath);
    if (vocabulary >= 0) await this.#tryId(vocabulary);
    if (addedTokens <= vocabulary) return [];
    try {
      await this.#tryId(addedTokens);
      return [];
    } catch (error) {
      if (!(error instanceof KubesentimentError) || error.code !== 'KS_MODEL_INVALID') throw error;
      return [
        `The graph does not know the added token ${addedTokens} of the tokenizer: a text that names it will fail.`,
      ];
    }
  }

  async #tryId(id: number): Promise<void> {
    const { model, pool } = this.#parts;
    for (let hasRun = false; !hasRun; ) {
      const tensors = pool.tensors(1, model.graph.widthFixed ?? 1);
      tensors.ids.fill(BigInt(id));
      tensors.mask.fill(1n);
      hasRun = await this.#runPool(
        tensors,
        () => undefined,
        `A text with the tokenizer's last token, ${id},`,
      );
    }
  }

  /** The shapes that come often, up to the largest batch. */
  async #warmUp(slots: readonly number[]): Promise<void> {
    const { limits, table, model } = this.#parts;
    const lengths = slots.map((slot) => table.length[slot] as number);
    const widths = model.graph.widthFixed === undefined ? warmUpWidths : [model.graph.widthFixed];
    for (const width of widths) {
      const fitting = slots.filter((_, index) => (lengths[index] as number) <= width);
      const rows = Math.min(limits.rowsMax, Math.floor(limits.tokensMax / width));
      if (fitting.length === 0 || width > Math.max(model.maxLength, model.graph.widthFixed ?? 0)) continue;
      await this.#logits(
        Array.from({ length: rows }, (_, row) => fitting[row % fitting.length] as number),
        width,
      );
    }
  }

  /** One row of logits for each slot. */
  async #logits(slots: readonly number[], width = 0): Promise<number[][]> {
    const { pool, decoder, table, model } = this.#parts;
    const { labels, graph } = model;
    const longest = Math.max(
      width,
      graph.widthFixed ?? 0,
      ...slots.map((slot) => table.length[slot] as number),
    );
    const rows: number[][] = [];
    for (let hasRun = false; !hasRun; ) {
      const tensors = pool.tensors(slots.length, longest);
      decoder.pack(Int32Array.from(slots), slots.length, longest, tensors.ids, tensors.mask);
      hasRun = await this.#runPool(tensors, (logits) => {
        for (let at = 0; at < logits.length; at += labels.length)
          rows.push([...logits.subarray(at, at + labels.length)]);
      });
    }
    return rows;
  }

  async #runPool(tensors: Tensors, read: (logits: Float32Array) => void, what?: string): Promise<boolean> {
    try {
      return await this.#parts.pool.run(tensors, read);
    } catch (error) {
      if (!(error instanceof KubesentimentError) || error.code !== 'KS_INFERENCE_FAILED') throw error;
      const { rows, width } = tensors;
      const reason = error.cause instanceof Error ? error.cause.message : error.message;
      const batch = `A batch of ${rows} ${rows === 1 ? 'text' : 'texts'} of ${width} tokens`;
      throw refusal(`${what ?? batch} fails: ${reason.replaceAll(/\s+/g, ' ').trim()}`, error);
    }
  }
}

/** Whether all numbers could be probabilities. */
function areShares(rows: readonly (readonly number[])[]): boolean {
  return rows.flat().every((value) => value >= 0 && value <= 1);
}

/** Rows that are all the same prove nothing: a tokenizer may know none of the words. */
function areVaried(rows: readonly (readonly number[])[]): boolean {
  return new Set(rows.map(String)).size > 1;
}

function refusal(why: string, cause?: unknown): KubesentimentError {
  return new KubesentimentError(
    'KS_MODEL_INVALID',
    `The model was loaded, but cannot classify. ${why.replace(/\.?$/, '.')}`,
    {
      remedy:
        'Check that graph, config.json and tokenizer belong together; otherwise export the model again. If it only ' +
        'has more outputs than labels, name them all with model.labels.',
      cause,
    },
  );
}
