import { Batcher } from '../classify/batcher.ts';
import { Classifier, type ClassifierSettings } from '../classify/classifier.ts';
import type { Rereader } from '../consume/rereader.ts';
import type { Decoder } from '../decode/decoder.ts';
import { Counters } from '../metrics/counters.ts';
import type { Difference, AnswerComparison } from '../metrics/answer-comparison.ts';
import type { SlotTable } from '../slots.ts';
import type { ModelPool } from '../infer/model-pool.ts';
import type { SourceMessage } from '../types.ts';

/** What the service has said of a text. */
export interface Answer {
  readonly label: string;
  readonly score: number;
}

export interface ShadowParts {
  /** The share of the results whose texts are asked again. */
  readonly share: number;
  /** Messages in flight, and what was said of a slot that has a result. */
  readonly source: SlotTable;
  readonly answerOf: (slot: number) => Answer;
  /** Of the other model: rows of texts that wait for it. As many of them wait as it has slots. */
  readonly table: SlotTable;
  readonly rereader: Pick<Rereader, 'read'>;
  readonly decoder: Pick<Decoder, 'pack' | 'specialTokens' | 'forgetWindows'>;
  /** Of somebody who comes after everybody else. */
  readonly pool: ModelPool;
  readonly settings: Omit<ClassifierSettings, 'retriesMax' | 'retryBackoffMs'>;
  readonly lengthMax: number;
  /** Names of the labels, and float32 [slots, labels]. */
  readonly labels: readonly string[];
  readonly labelOf: (index: number) => string;
  readonly allScores: Float32Array;
  readonly counts: AnswerComparison;
  /** Which of the results are meant; default: all. */
  readonly wants?: ((slot: number) => boolean) | undefined;
  /** `tokens`: of the text, for the model that has answered and for this one. Default: it is counted. */
  readonly onCompared?: ((one: Difference, tokens: readonly [number, number]) => void) | undefined;
  readonly onFatal: (error: unknown) => void;
}

interface AnswerWithTokens extends Answer {
  readonly tokens: number;
}

/** Values of waiting messages, which are kept beyond their commit. */
const BYTES_MAX = 8 * 1024 * 1024;
/** A batch is in the way of real work for as long as it takes, so it is short. */
const ROWS_MAX = 4;

/**
 * Asks a second model about some of the texts whose results are committed, with the processor time that is left, and
 * counts how far the two agree. It changes nothing: no result, no offset, and no order.
 */
export class Shadow {
  readonly #parts: ShadowParts;
  readonly #classifier: Classifier;
  /** By slot of the own table: what the service has said. */
  readonly #answers: (AnswerWithTokens | undefined)[] = [];
  #isClosed = false;

  constructor(parts: ShadowParts) {
    const { table, settings, lengthMax } = parts;
    this.#parts = parts;
    const limits = { ...settings.limits, rowsMax: Math.min(ROWS_MAX, settings.limits.rowsMax) };
    const hasWindows = true;
    this.#classifier = new Classifier(
      { ...settings, limits, retriesMax: 0, retryBackoffMs: 0 },
      {
        ...parts,
        batcher: new Batcher({ ...limits, table, lengthMax, hasWindows, timeoutMs: 0 }),
        counters: new Counters(), // what it does is not what the service has done
        progress: [{ notify: () => this.#settle() }],
        onFatal: (error) => this.#fail(error),
      },
    );
  }

  /** Call when these slots are committed, before they are released. */
  observe(slots: Int32Array, count: number): void {
    if (this.#isClosed) return;
    const { share, source, answerOf, table, counts, wants = () => true } = this.#parts;
    const now = performance.now();
    const taken: number[] = [];
    for (let i = 0; i < count; i++) {
      const from = slots[i] as number;
      if (!source.isResult(from) || !wants(from) || Math.random() >= share) continue;
      if (table.freeCount === 0 || table.bytes >= BYTES_MAX) {
        counts.skipped++;
        continue;
      }
      const slot = table.take(source.message[from] as SourceMessage, now);
      this.#answers[slot] = { ...answerOf(from), tokens: source.tokensOf(from) };
      taken.push(slot);
    }
    if (taken.length > 0) this.#ask(Int32Array.from(taken));
  }

  close(): void {
    this.#isClosed = true;
    this.#classifier.close();
  }

  #ask(slots: Int32Array): void {
    const { table, rereader } = this.#parts;
    rereader.read(slots);
    for (const slot of slots) {
      if (table.status[slot] === 0) this.#classifier.add(slot, 0);
      else this.#give(slot, false);
    }
    this.#classifier.dispatch();
  }

  #settle(): void {
    const { table } = this.#parts;
    for (let slot = 0; slot < table.capacity; slot++)
      if (table.isFinished(slot)) this.#give(slot, table.isResult(slot));
  }

  /** Nothing more comes of this slot. */
  #give(slot: number, isAnswered: boolean): void {
    const { table, counts, labels, labelOf, allScores } = this.#parts;
    const { onCompared = (one: Difference) => counts.add(one) } = this.#parts;
    const { topic, partition, offset } = table.message[slot] as SourceMessage;
    const { label, score, tokens } = this.#answers[slot] as AnswerWithTokens;
    const ownTokens = table.tokensOf(slot);
    const [own, ownScore] = [labelOf(table.label[slot] as number), table.score[slot] as number];
    table.release(slot);
    this.#answers[slot] = undefined;
    if (!isAnswered) {
      counts.failed++;
      return;
    }
    const column = labels.indexOf(label);
    const same = column < 0 ? ownScore : (allScores[slot * labels.length + column] as number);
    const distance = Math.abs(score - same);
    onCompared(
      {
        ...{ topic, partition, offset, label, score, distance },
        ...{ otherLabel: own, otherScore: ownScore },
      },
      [tokens, ownTokens],
    );
  }

  /** Whatever happens to it, the service goes on. */
  #fail(error: unknown): void {
    if (this.#isClosed) return;
    this.close();
    this.#parts.onFatal(error);
  }
}
