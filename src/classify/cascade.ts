import type { Rereader } from '../consume/rereader.ts';
import type { Priority, SlotTable } from '../slots.ts';
import type { Answering } from './answering.ts';
import { type BatchPace, Classifier, type ClassifierParts, type ClassifierSettings } from './classifier.ts';
import { WorkNotes } from './work-notes.ts';

/** What differs between two models. */
export interface StageModel extends Pick<ClassifierParts, 'allScores' | 'batcher' | 'decoder' | 'pool'> {
  /** See `SlotTable.edition`. */
  readonly edition: number;
  readonly settings: ClassifierSettings;
}

/** The model that is asked again. */
export interface SecondStage {
  /** Texts with a lower score are asked again. */
  readonly below: number;
  readonly model: StageModel;
  /** Reads messages into rows of its decoder. */
  readonly rereader: Pick<Rereader, 'read'>;
}

export type StageParts = Omit<ClassifierParts, keyof StageModel | 'unsure' | 'known'>;

/** For how many messages a row of the second model stands at most, when it is said how much work is waiting. */
const WEIGHT_MAX = 10;
/** Messages over which the share that is asked again is measured. */
const MEASURED = 1_000;

/**
 * Two models, one behind the other: texts of which the first is not sure are read again and answered by the second.
 * Their slots stay taken until then, so the order of results and the commit of offsets are those of a single model.
 */
export class Cascade implements Answering {
  readonly #table: SlotTable;
  readonly #second: SecondStage;
  readonly #notes: WorkNotes;
  readonly #first: Classifier;
  readonly #again: Classifier;
  /** By slot: with which priority it was queued. */
  readonly #priorities: Uint8Array;
  /** Messages that came recently, and those of them that were asked again. */
  #came = 0;
  #asked = 0;

  /** `known`: what the first model says is kept for texts that come again. */
  constructor(
    first: StageModel,
    second: SecondStage,
    { known, ...parts }: StageParts & Pick<ClassifierParts, 'known'>,
  ) {
    this.#table = parts.table;
    this.#second = second;
    this.#notes = new WorkNotes(parts);
    this.#priorities = new Uint8Array(parts.table.capacity);
    const { below } = second;
    const unsure = { below, ask: (slots: Int32Array, isAlone: boolean) => this.#ask(slots, isAlone) };
    this.#first = classifier(first, { ...parts, unsure, known });
    this.#again = classifier(second.model, { ...parts, pace: atOnce(parts.pace) });
  }

  /** Counted in messages from Kafka: a row of the second model stands for as many as came with it. */
  get queued(): number {
    const weight = Math.min(WEIGHT_MAX, this.#came / Math.max(1, this.#asked));
    return this.#first.queued + Math.round(this.#again.queued * weight);
  }

  get waiting(): number {
    return this.#first.waiting + this.#again.waiting;
  }

  get hasRows(): boolean {
    return this.#first.hasRows || this.#again.hasRows;
  }

  get isBusy(): boolean {
    return this.#first.isBusy || this.#again.isBusy;
  }

  get inFlight(): number {
    return this.#first.inFlight + this.#again.inFlight;
  }

  add(slot: number, priority: Priority): void {
    this.#come(slot, priority);
    this.#first.add(slot, priority);
  }

  answer(slot: number, priority: Priority, logits: Float32Array, at: number): void {
    this.#come(slot, priority);
    this.#first.answer(slot, priority, logits, at);
  }

  addAlone(slot: number): void {
    this.#come(slot, 0);
    this.#first.addAlone(slot);
  }

  dispatch(): void {
    this.#first.dispatch();
    this.#again.dispatch();
  }

  close(): void {
    this.#first.close();
    this.#again.close();
  }

  #come(slot: number, priority: Priority): void {
    this.#priorities[slot] = priority;
    if (++this.#came <= MEASURED) return;
    this.#came /= 2;
    this.#asked /= 2;
  }

  /** What the second model cannot read, because a key or a schema has gone meanwhile, keeps its first answer. */
  #ask(slots: Int32Array, isAlone: boolean): void {
    const table = this.#table;
    const { model, rereader } = this.#second;
    this.#asked += slots.length;
    this.#notes.begin('decode', isAlone ? slots[0] : undefined);
    rereader.read(slots);
    this.#notes.end();
    for (const slot of slots) {
      if (table.status[slot] !== 0) {
        table.status[slot] = 0;
        table.finish(slot, table.label[slot] as number, table.score[slot] as number);
        continue;
      }
      table.askAgain(slot);
      table.edition[slot] = model.edition;
      if (isAlone) this.#again.addAlone(slot);
      else this.#again.add(slot, this.#priorities[slot] as Priority);
    }
    this.#again.dispatch();
  }
}

/** The rows of the second model hold up others, and company makes them little cheaper: they do not wait for it. */
function atOnce(pace: BatchPace | undefined): BatchPace | undefined {
  return pace && { batchSpacingMs: 0, note: (inFlight, nowMs) => pace.note(inFlight, nowMs) };
}

function classifier(
  { settings, edition: _, ...model }: StageModel,
  parts: Omit<ClassifierParts, keyof StageModel>,
) {
  return new Classifier(settings, { ...parts, ...model });
}
