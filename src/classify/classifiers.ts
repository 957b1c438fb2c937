import type { WaitingRows } from '../consume/waiting-rows.ts';
import type { Priority } from '../slots.ts';
import { type BatchPace, Classifier, type ClassifierParts, type ClassifierSettings } from './classifier.ts';
import { KnownTexts, type KnownTextsParts } from './known-texts.ts';

/** What differs between two editions of the model. */
export interface ClassifierModel extends Pick<ClassifierParts, 'allScores' | 'batcher' | 'decoder' | 'pool'> {
  /** See `SlotTable.edition`. */
  readonly edition: number;
  readonly settings: ClassifierSettings;
  /** If what it says is kept for texts that come again. */
  readonly cache?: KnownTextsParts['decoder'] | undefined;
}

export type SharedClassifierParts = Omit<ClassifierParts, keyof ClassifierModel>;

/**
 * One classifier for each edition of the model: new rows go to the newest one, and an earlier one finishes those it
 * has in its own threads. So nothing waits for the model to be exchanged, and nothing is classified by another model
 * than the one whose tokenizer has read it.
 */
export class Classifiers implements WaitingRows {
  readonly #parts: SharedClassifierParts;
  readonly #pace: BatchPace | undefined;
  #model: ClassifierModel;
  #current: Classifier;
  #known: KnownTexts | undefined;
  #earlier: readonly { readonly classifier: Classifier; readonly model: ClassifierModel }[] = [];
  #isClosed = false;

  constructor(model: ClassifierModel, parts: SharedClassifierParts) {
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
  }

  /** From now on rows go to this edition, whose decoder must be the one that reads them. */
  use(model: ClassifierModel): void {
    if (this.#isClosed) return;
    this.#known?.look();
    const [classifier, earlier] = [this.#current, this.#model];
    this.#earlier = [...this.#earlier, { classifier, model: earlier }];
    this.#current = this.#create(model);
    this.#model = model;
    classifier.dispatch(); // nobody joins its rows any more
    this.#closeIdle();
  }

  get queued(): number {
    return this.#earlier.reduce((sum, { classifier }) => sum + classifier.queued, this.#current.queued);
  }

  /** Rows waiting for a batch, including those that have failed before. */
  get waiting(): number {
    return this.#earlier.reduce((sum, { classifier }) => sum + classifier.waiting, this.#current.waiting);
  }

  /** Whether more results are on the way. */
  get isBusy(): boolean {
    return this.#current.isBusy || this.#earlier.some(({ classifier }) => classifier.hasRows);
  }

  add(slot: number, priority: Priority): void {
    this.#parts.table.edition[slot] = this.#model.edition;
    (this.#known ?? this.#current).add(slot, priority);
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
    for (const { classifier } of this.#earlier) classifier.close();
  }

  #create({ settings, edition: _, cache, ...model }: ClassifierModel): Classifier {
    const { table, counters } = this.#parts;
    const known: KnownTexts | undefined =
      cache &&
      new KnownTexts({
        ...{ table, counters, decoder: cache, labels: settings.labels },
        classify: (slot, priority) => classifier.add(slot, priority),
        answer: (slot, logits, at) => classifier.answer(slot, logits, at),
      });
    this.#known = known;
    const classifier = new Classifier(settings, { ...this.#parts, ...model, known, pace: this.#pace });
    return classifier;
  }

  get #inFlight(): number {
    return this.#earlier.reduce((sum, { model }) => sum + model.pool.inFlight, this.#model.pool.inFlight);
  }

  #closeIdle(): void {
    if (this.#earlier.length === 0) return;
    for (const { classifier } of this.#earlier) if (!classifier.hasRows) classifier.close();
    this.#earlier = this.#earlier.filter(({ classifier }) => classifier.hasRows);
  }
}
