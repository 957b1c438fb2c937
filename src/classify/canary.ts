import type { Rereader } from '../consume/rereader.ts';
import type { Decoder } from '../decode/decoder.ts';
import type { Priority, SlotTable } from '../slots.ts';
import type { ErrorType, SourceMessage } from '../types.ts';
import type { Answering } from './answering.ts';
import type { StageModel, StageParts } from './cascade.ts';
import { Classifier } from './classifier.ts';
import { WorkNotes } from './work-notes.ts';

/** Which messages the new model answers, and until when. */
export interface KeyTrial {
  readonly isOver: boolean;
  chooses(message: SourceMessage): boolean;
  /** The new model has failed on a text. */
  failed(): void;
  /** Calls `listener` when it is over, until the returned function is called. */
  onEnd(listener: () => void): () => void;
}

/** The new model, which answers some of the keys. */
export interface CanaryStage {
  readonly trial: KeyTrial;
  readonly model: StageModel;
  /** Reads messages into rows of its decoder, up to `countMax` at once. */
  readonly rereader: Pick<Rereader, 'read'>;
  readonly countMax: number;
  /** Reads messages into rows of the decoder of the old model again. */
  readonly back: Pick<Rereader, 'read'>;
}

/** The model in use. */
export interface OldModel {
  readonly edition: number;
  readonly decoder: Pick<Decoder, 'forgetWindows'>;
  readonly answering: Answering;
  /** Where its new rows go. */
  readonly rows: Pick<Answering, 'add'>;
}

/**
 * Two models side by side: the new one answers messages with certain keys, and the old one all others, those on which
 * the new one fails, and all of them when the trial is over. A message changes to the other model by being read again;
 * its slot stays taken, so the order of results and the commit of offsets are those of a single model.
 */
export class Canary implements Answering {
  readonly #table: SlotTable;
  readonly #old: OldModel;
  readonly #stage: CanaryStage;
  readonly #new: Classifier;
  readonly #notes: WorkNotes;
  readonly #leaveTrial: () => void;
  /** By slot: with which priority it was queued. */
  readonly #priorities: Uint8Array;
  /** Decoded for the old model, and to be read again for the new one. */
  #chosen: number[] = [];

  constructor(old: OldModel, stage: CanaryStage, parts: StageParts) {
    const { settings, edition: _, ...model } = stage.model;
    this.#table = parts.table;
    this.#old = old;
    this.#stage = stage;
    this.#notes = new WorkNotes(parts);
    this.#priorities = new Uint8Array(parts.table.capacity);
    const instead = (slot: number, errorType: ErrorType): void => this.#giveBack(slot, errorType);
    this.#new = new Classifier({ ...settings, retriesMax: 0 }, { ...parts, ...model, instead });
    this.#leaveTrial = stage.trial.onEnd(() => this.#new.giveUp());
    if (stage.trial.isOver) this.#new.giveUp();
  }

  get queued(): number {
    return this.#old.answering.queued + this.#new.queued;
  }

  get waiting(): number {
    return this.#old.answering.waiting + this.#new.waiting;
  }

  get hasRows(): boolean {
    return this.#old.answering.hasRows || this.#new.hasRows;
  }

  /** A batch that hangs stays with its thread for ever, and nobody waits for it any more. */
  get isBusy(): boolean {
    const { isOver } = this.#stage.trial;
    return this.#old.answering.isBusy || (isOver ? this.#new.hasRows : this.#new.isBusy);
  }

  get inFlight(): number {
    const { isOver } = this.#stage.trial;
    return this.#old.answering.inFlight + (isOver ? 0 : this.#new.inFlight);
  }

  add(slot: number, priority: Priority): void {
    const { trial } = this.#stage;
    if (trial.isOver || !trial.chooses(this.#table.message[slot] as SourceMessage)) {
      this.#old.rows.add(slot, priority);
      return;
    }
    this.#priorities[slot] = priority;
    this.#chosen.push(slot);
  }

  /** What may have made a process stand still is not for a model that is on trial. */
  addAlone(slot: number): void {
    this.#old.answering.addAlone(slot);
  }

  answer(slot: number, priority: Priority, logits: Float32Array, at: number): void {
    this.#old.answering.answer(slot, priority, logits, at);
  }

  dispatch(): void {
    const chosen = this.#chosen;
    this.#chosen = [];
    const { countMax } = this.#stage;
    for (let from = 0; from < chosen.length; from += countMax)
      this.#read(Int32Array.from(chosen.slice(from, from + countMax)));
    this.#old.answering.dispatch();
    this.#new.dispatch();
  }

  close(): void {
    this.#leaveTrial();
    this.#old.answering.close();
    this.#new.close();
  }

  /** What the new model cannot read stays with the old one, which has read it. */
  #read(slots: Int32Array): void {
    const table = this.#table;
    const { rereader, model } = this.#stage;
    const inWindows = [...slots].filter((slot) => (table.windows[slot] as number) > 1);
    this.#notes.begin('decode', undefined);
    rereader.read(slots);
    this.#notes.end();
    for (const slot of slots) {
      const priority = this.#priorities[slot] as Priority;
      if (table.status[slot] !== 0) {
        table.status[slot] = 0;
        this.#old.answering.add(slot, priority);
        continue;
      }
      if (inWindows.includes(slot)) this.#old.decoder.forgetWindows(slot);
      table.edition[slot] = model.edition;
      this.#new.add(slot, priority);
    }
  }

  /** All rows of the slot are back from the new model, which has failed on it, or is given up. */
  #giveBack(slot: number, errorType: ErrorType): void {
    const table = this.#table;
    const { trial, model, back } = this.#stage;
    trial.failed();
    if ((table.windows[slot] as number) > 1) model.decoder.forgetWindows(slot);
    this.#notes.begin('decode', undefined);
    back.read(Int32Array.of(slot));
    this.#notes.end();
    table.edition[slot] = this.#old.edition;
    if (table.status[slot] === 0) {
      table.askAgain(slot);
      this.#old.answering.add(slot, this.#priorities[slot] as Priority);
    } else {
      table.status[slot] = 0; // its key or its schema has gone meanwhile
      table.reject(slot, errorType);
    }
    this.#old.answering.dispatch();
  }
}
