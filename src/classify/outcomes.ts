import type { Decoder } from '../decode/decoder.ts';
import type { SlotTable } from '../slots.ts';
import type { ErrorType, SourceMessage } from '../types.ts';
import type { KnownTexts } from './known-texts.ts';
import type { MessageBatch } from './message-batch.ts';
import { Scores, type ScoreSettings } from './scores.ts';
import { WindowRows } from './window-rows.ts';

/** What becomes of texts that the model is not sure of. */
export interface Unsure {
  readonly below: number;
  /**
   * Texts of a batch with a lower score; their label and score are in the table, and somebody wants them. `isAlone`:
   * they must not be put into a batch with others.
   */
  ask(slots: Int32Array, isAlone: boolean): void;
}

export interface OutcomeParts {
  readonly table: SlotTable;
  /** float32 [slots, labels], if the scores of all labels are wanted. */
  readonly allScores?: Float32Array | undefined;
  readonly decoder: Pick<Decoder, 'specialTokens' | 'forgetWindows'>;
  /** Is told what the model says, if that is kept. */
  readonly known?: Pick<KnownTexts, 'keep' | 'keepText'> | undefined;
  /** Default: every text gets the answer of this model. */
  readonly unsure?: Unsure | undefined;
  /**
   * Who takes a slot on which this model has failed, when all its rows are back and somebody wants it. Default: nobody,
   * its message becomes a dead letter.
   */
  readonly instead?: ((slot: number, errorType: ErrorType) => void) | undefined;
}

/** Makes outcomes of what the model says of the rows of a batch. */
export class Outcomes {
  readonly #parts: OutcomeParts;
  readonly #labels: number;
  readonly #scores: Scores;
  readonly #windows: WindowRows;
  readonly #below: number;
  #unsure: number[] = [];
  /** Messages of which a row has failed, while `instead` waits for the others. */
  readonly #failed = new WeakSet<SourceMessage>();

  constructor(settings: ScoreSettings, parts: OutcomeParts) {
    this.#parts = parts;
    this.#labels = settings.labels;
    this.#scores = new Scores(settings);
    this.#windows = new WindowRows({ ...parts, labels: settings.labels });
    this.#below = parts.unsure?.below ?? Number.NEGATIVE_INFINITY;
  }

  /** Scores and label of each row of the logits, float32 [rows, labels]. */
  read(batch: MessageBatch, logits: Float32Array, isAlone: boolean): void {
    const { table, known } = this.#parts;
    known?.keep(batch.slots, batch.count, logits);
    for (let i = 0; i < batch.count; i++) {
      const row = batch.slots[i] as number;
      const slot = table.slotOf(row);
      if ((table.windows[slot] as number) > 1) this.#readWindow(row, slot, logits, i * this.#labels);
      else this.#readText(slot, logits, i * this.#labels);
    }
    this.#askUnsure(isAlone);
  }

  /** A text whose logits are known already, and begin at `at`. */
  answer(slot: number, logits: Float32Array, at: number): void {
    this.#readText(slot, logits, at);
    this.#askUnsure(false);
  }

  /** A row of the slot has failed. */
  reject(slot: number, errorType: ErrorType): void {
    const { table, instead } = this.#parts;
    this.#windows.forget(slot);
    if (instead === undefined) {
      table.reject(slot, errorType);
      return;
    }
    if ((table.windows[slot] as number) > 1) this.#failed.add(table.message[slot] as SourceMessage);
    if (table.rowDone(slot)) instead(slot, errorType);
  }

  #askUnsure(isAlone: boolean): void {
    if (this.#unsure.length === 0) return;
    const slots = Int32Array.from(this.#unsure);
    this.#unsure = [];
    this.#parts.unsure?.ask(slots, isAlone);
  }

  #readText(slot: number, logits: Float32Array, at: number): void {
    const { table, instead = (failed, errorType) => table.reject(failed, errorType) } = this.#parts;
    if (this.#scores.read(logits, at)) this.#finish(slot);
    else if (!table.collect(slot)) instead(slot, 'inference_failed');
  }

  /** The label and scores that were read last. */
  #finish(slot: number): void {
    const { table, allScores } = this.#parts;
    const { all, label, score } = this.#scores;
    allScores?.set(all, slot * this.#labels);
    // As results say it: in single precision.
    if (Math.fround(score) >= this.#below || table.isUnwanted(slot)) {
      table.finish(slot, label, score);
      return;
    }
    table.label[slot] = label;
    table.score[slot] = score;
    this.#unsure.push(slot);
  }

  /** One of several rows of a text; the last one to come back gives the text its result. */
  #readWindow(row: number, slot: number, logits: Float32Array, at: number): void {
    const { table, instead } = this.#parts;
    const isValid = this.#scores.read(logits, at);
    if (instead !== undefined && this.#failed.has(table.message[slot] as SourceMessage)) {
      this.reject(slot, 'inference_failed');
      return;
    }
    const combined = isValid ? this.#windows.add(row, logits, at) : undefined;
    if (!isValid) this.reject(slot, 'inference_failed');
    else if (combined !== undefined) this.#readText(slot, combined, 0);
  }
}
