import type { WaitingRows } from '../consume/waiting-rows.ts';
import type { Priority } from '../slots.ts';
import type { Answering } from './answering.ts';
import { Canary, type CanaryStage } from './canary.ts';
import { Cascade, type SecondStage, type StageModel, type StageParts } from './cascade.ts';
import { type BatchPace, Classifier } from './classifier.ts';
import { KnownTexts, type KnownTextsParts } from './known-texts.ts';

/** What differs between two editions of the model. */
export interface ClassifierModel extends StageModel {
  /** Asked again when the model is not sure. */
  readonly second?: SecondStage | undefined;
  /** If what it says is kept for texts that come again. */
  readonly cache?: KnownTextsParts['decoder'] | undefined;
  /** Answers some of the keys in its place. */
  readonly canary?: CanaryStage | undefined;
}

/**
 * One classifier for each edition of the model: new rows go to the newest one, and an earlier one finishes those it
 * has in its own threads. So nothing waits for the model to be exchanged, and nothing is classified by another model
 * than the one whose tokenizer has read it.
 */
export class Classifiers implements WaitingRows {
  readonly #parts: StageParts;
  readonly #pace: BatchPace | undefined;
  #model: ClassifierModel;
  #current: Answering;
  #known: KnownTexts | undefined;
  /** Where new rows go. */
  #rows: Pick<Answering, 'add'>;
  #earlier: readonly Answering[] = [];
  #isClosed = false;

  constructor(model: ClassifierModel, parts: StageParts) {
    const { pace } = parts;
    this.#parts = { ...parts, progress: [...parts.progress, { notify: () => this.#closeIdle() }] };
    // The pace goes by what all threads do.
    this.#pace = pace && {
      get batchSpacingMs() {
        return pace.batchSpacingMs;
      },
      note: (_, nowMs) => pace.note(this.#inFlight, nowMs),
    };
    this.#model = model;
    this.#current = this.#create(model);
    this.#rows = this.#rowsOf(model);
  }

  /** From now on rows go to this edition, whose decoder must be the one that reads them. */
  use(model: ClassifierModel): void {
    if (this.#isClosed) return;
    this.#known?.look();
    const earlier = this.#current;
    this.#earlier = [...this.#earlier, earlier];
    this.#current = this.#create(model);
    this.#rows = this.#rowsOf(model);
    this.#model = model;
    earlier.dispatch(); // nobody joins its rows any more
    this.#closeIdle();
  }

  get queued(): number {
    return this.#earlier.reduce((sum, { queued }) => sum + queued, this.#current.queued);
  }

  /** Rows waiting for a batch, including those that have failed before. */
  get waiting(): number {
    return this.#earlier.reduce((sum, { waiting }) => sum + waiting, this.#current.waiting);
  }

  /** Whether more results are on the way. */
  get isBusy(): boolean {
    return this.#current.isBusy || this.#earlier.some(({ hasRows }) => hasRows);
  }

  add(slot: number, priority: Priority): void {
    this.#parts.table.edition[slot] = this.#model.edition;
    this.#rows.add(slot, priority);
  }

  addAlone(slot: number): void {
    this.#parts.table.edition[slot] = this.#model.edition;
    this.#current.addAlone(slot);
  }

  dispatch(): void {
    this.#known?.look();
    this.#current.dispatch();
  }

  /** As `Classifier.close`. */
  close(): void {
    this.#isClosed = true;
    this.#current.close();
    for (const earlier of this.#earlier) earlier.close();
  }

  /** A canary chooses first: what the old model has said before is not for its keys. */
  #rowsOf({ canary }: ClassifierModel): Pick<Answering, 'add'> {
    return canary === undefined ? (this.#known ?? this.#current) : this.#current;
  }

  #create({ second, cache, canary, ...first }: ClassifierModel): Answering {
    const { table, counters } = this.#parts;
    const { settings, edition, ...model } = first;
    const known: KnownTexts | undefined =
      cache &&
      new KnownTexts({
        ...{ table, counters, decoder: cache, labels: settings.labels },
        classify: (slot, priority) => answering.add(slot, priority),
        answer: (slot, priority, logits, at) => answering.answer(slot, priority, logits, at),
      });
    this.#known = known;
    const parts = { ...this.#parts, pace: this.#pace, known };
    const answering: Answering =
      second === undefined
        ? new Classifier(settings, { ...parts, ...model })
        : new Cascade(first, second, parts);
    if (canary === undefined) return answering;
    const old = { edition, decoder: first.decoder, answering, rows: known ?? answering };
    return new Canary(old, canary, { ...this.#parts, pace: this.#pace });
  }

  get #inFlight(): number {
    return this.#earlier.reduce((sum, { inFlight }) => sum + inFlight, this.#current.inFlight);
  }

  #closeIdle(): void {
    if (this.#earlier.length === 0) return;
    for (const earlier of this.#earlier) if (!earlier.hasRows) earlier.close();
    this.#earlier = this.#earlier.filter(({ hasRows }) => hasRows);
  }
}
