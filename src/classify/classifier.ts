import type { Batcher } from './batcher.ts';
import { type BatchLimits, MessageBatch } from './message-batch.ts';
import type { Decoder } from '../decode/decoder.ts';
import { KubesentimentError } from '../errors.ts';
import type { ModelPool } from '../infer/model-pool.ts';
import type { Counters } from '../metrics/counters.ts';
import type { Signal } from '../signal.ts';
import type { Priority } from '../slots.ts';
import type { ErrorType } from '../types.ts';
import type { Answering } from './answering.ts';
import { FailedBatches } from './failed-batches.ts';
import type { KnownTexts } from './known-texts.ts';
import { type OutcomeParts, Outcomes, type Unsure } from './outcomes.ts';
import type { ScoreSettings } from './scores.ts';
import { WorkNotes, type WorkNotesParts } from './work-notes.ts';

export interface ClassifierSettings extends ScoreSettings {
  readonly limits: BatchLimits;
  /** Retries of a message that fails alone. */
  readonly retriesMax: number;
  readonly retryBackoffMs: number;
}

/** Observers, for logs and tracing. */
export interface BatchObserver {
  /** Called when a batch goes to the model; the function it returns is called when the batch comes back. */
  readonly onBatch?: ((batch: MessageBatch) => (error?: unknown) => void) | undefined;
  /** A batch of `rows` failed and will be halved or retried. */
  readonly onBatchFailure?: ((error: KubesentimentError, rows: number) => void) | undefined;
}

/** How closely batches that are not full may follow each other. */
export interface BatchPace {
  readonly batchSpacingMs: number;
  /** Called whenever the number of batches that the threads have changes. */
  note(inFlight: number, nowMs: number): void;
}

export interface ClassifierParts extends WorkNotesParts {
  /** float32 [slots, labels], if the scores of all labels are wanted. */
  readonly allScores?: Float32Array | undefined;
  readonly decoder: Pick<Decoder, 'pack' | 'specialTokens' | 'forgetWindows'>;
  readonly batcher: Batcher;
  /** Is told what the model says, if that is kept for texts that come again. */
  readonly known?: Pick<KnownTexts, 'keep' | 'keepText'> | undefined;
  readonly pool: ModelPool;
  readonly counters: Counters;
  readonly observer?: BatchObserver | undefined;
  /** Default: every text gets the answer of this model. */
  readonly unsure?: Unsure | undefined;
  /** See `OutcomeParts`. */
  readonly instead?: OutcomeParts['instead'];
  /** Default: an idle thread takes whatever waits. */
  readonly pace?: BatchPace | undefined;
  /** Notified when a batch has come back: some of its slots are finished, and fewer rows wait. */
  readonly progress: readonly Pick<Signal, 'notify'>[];
  readonly onFatal: (error: unknown) => void;
}

/**
 * Turns waiting rows into outcomes: forms batches whenever a thread can take one, and halves a failing batch to find
 * the one bad row, so no message takes others down with it.
 */
export class Classifier implements Answering {
  readonly #settings: ClassifierSettings;
  readonly #parts: ClassifierParts;
  readonly #failed = new FailedBatches();
  readonly #outcomes: Outcomes;
  readonly #notes: WorkNotes;
  readonly #leavePool: () => void;
  #isClosed = false;
  #isGivenUp = false;
  #running = 0;
  #lastBatchAt = Number.NEGATIVE_INFINITY;
  #spacing: NodeJS.Timeout | undefined;

  constructor(settings: ClassifierSettings, parts: ClassifierParts) {
    this.#settings = settings;
    this.#parts = parts;
    this.#outcomes = new Outcomes(settings, parts);
    this.#notes = new WorkNotes(parts);
    this.#leavePool = parts.pool.onPlace(() => this.dispatch());
  }

  /** Rows that have never been in a batch. */
  get queued(): number {
    return this.#parts.batcher.queued;
  }

  /** Rows waiting for a batch, including those that have failed before. */
  get waiting(): number {
    return this.#parts.batcher.queued + this.#failed.rows;
  }

  /** Whether any of its rows is not finished. */
  get hasRows(): boolean {
    return this.waiting > 0 || this.#running > 0;
  }

  /** Batches that its threads have. */
  get inFlight(): number {
    return this.#parts.pool.inFlight;
  }

  /** Whether more results are on the way. */
  get isBusy(): boolean {
    return this.waiting > 0 || this.#parts.pool.inFlight > 0;
  }

  add(slot: number, priority: Priority): void {
    this.#parts.batcher.add(slot, priority);
  }

  answer(slot: number, _priority: Priority, logits: Float32Array, at: number): void {
    this.#outcomes.answer(slot, logits, at);
  }

  /** Each row of the message gets a batch to itself. */
  addAlone(slot: number): void {
    const { table } = this.#parts;
    const windows = table.windows[slot] as number;
    if (windows > 1) table.split(slot);
    for (let row = slot; row < windows * table.capacity; row += table.capacity)
      this.#failed.add(this.#alone(row), 0);
  }

  #alone(row: number): MessageBatch {
    const batch = new MessageBatch(this.#settings.limits);
    batch.add(row, this.#parts.table.lengthOf(row));
    return batch;
  }

  /**
   * Call when all partitions have been given back: frees what is still waiting here. Running batches free their rows
   * when they come back.
   */
  close(): void {
    this.#isClosed = true;
    this.#leavePool();
    clearTimeout(this.#spacing);
    this.#discard();
  }

  /** Rows that wait here, or come later, go to `instead` at once; those in batches when their batch fails. */
  giveUp(): void {
    this.#isGivenUp = true;
    this.dispatch();
  }

  /** Feeds the threads. Call after adding rows; it is called automatically when a place becomes free. */
  dispatch(): void {
    if (this.#isClosed) {
      this.#discard();
      return;
    }
    if (this.#isGivenUp) {
      this.#rejectWaiting();
      return;
    }
    const { pool, batcher, pace } = this.#parts;
    if (!pool.hasPlace) return;
    const unwantedBefore = batcher.unwanted;
    this.#notes.begin('classify', undefined);
    while (pool.hasPlace) {
      const now = performance.now();
      const again = this.#failed.next(now);
      const isAlone = again?.count === 1;
      if (isAlone) this.#notes.begin('classify', this.#slotOf(again));
      const spacingMs = this.#lastBatchAt + (pace?.batchSpacingMs ?? 0) - now;
      // Only a batch that is worth it is queued behind a busy thread, or follows the last one closely; any other can
      // still gain rows.
      const batch = again ?? batcher.next(now, !pool.hasIdleThread || spacingMs > 0);
      if (batch === undefined) {
        if (batcher.queued > 0 && pool.hasIdleThread) this.#dispatchIn(spacingMs);
        break;
      }
      this.#lastBatchAt = now;
      this.#run(batch, isAlone).catch(this.#parts.onFatal);
      if (isAlone) this.#notes.begin('classify', undefined);
    }
    this.#notes.end();
    if (batcher.unwanted > unwantedBefore) this.#notify();
  }

  #notify(): void {
    for (const signal of this.#parts.progress) signal.notify();
  }

  #dispatchIn(waitMs: number): void {
    this.#spacing ??= setTimeout(() => {
      this.#spacing = undefined;
      this.dispatch();
    }, waitMs);
  }

  #slotOf(batch: MessageBatch): number {
    return this.#parts.table.slotOf(batch.slots[0] as number);
  }

  /** `isAlone`: its message is one that is not put into a batch with others. */
  async #run(batch: MessageBatch, isAlone: boolean): Promise<void> {
    const { pool, decoder, counters, table, observer, pace } = this.#parts;
    const startedAt = performance.now();
    const first = this.#slotOf(batch);
    counters.stage.batch.record(startedAt - (table.takenAt[first] as number));
    const tensors = pool.tensors(batch.count, batch.width);
    decoder.pack(batch.slots, batch.count, batch.width, tensors.ids, tensors.mask);
    const endTrace = observer?.onBatch?.(batch);
    this.#running++;
    try {
      const running = pool.run(tensors, (logits) => this.#outcomes.read(batch, logits, isAlone));
      pace?.note(pool.inFlight, startedAt);
      const hasRun = await running.finally(() => pace?.note(pool.inFlight, performance.now()));
      endTrace?.();
      this.#running--;
      if (!hasRun) return this.#again(batch);
      counters.stage.infer.record(performance.now() - startedAt);
      counters.batchRows.record(batch.count);
      counters.realTokens += batch.tokens;
      counters.paddedTokens += batch.paddedTokens;
    } catch (error) {
      endTrace?.(error);
      this.#running--;
      this.#fail(batch, error);
      this.dispatch();
    }
    this.#notify();
  }

  #discard(): void {
    const { batcher, table } = this.#parts;
    batcher.clear();
    for (const batch of this.#failed.clear()) {
      for (const row of batch.slots.subarray(0, batch.count)) table.collect(table.slotOf(row));
    }
  }

  #rejectWaiting(): void {
    const { batcher } = this.#parts;
    const nowMs = performance.now();
    for (const batch of this.#failed.clear()) this.#reject(batch);
    for (let batch = batcher.next(nowMs); batch !== undefined; batch = batcher.next(nowMs))
      this.#reject(batch);
  }

  #reject(batch: MessageBatch): void {
    const { table } = this.#parts;
    for (const row of batch.slots.subarray(0, batch.count))
      this.#outcomes.reject(table.slotOf(row), 'inference_failed');
  }

  /** It was queued behind a batch that takes too long, so it is not to blame. */
  #again(batch: MessageBatch): void {
    this.#failed.add(batch, 0);
    this.dispatch();
  }

  #fail(batch: MessageBatch, error: unknown): void {
    if (!(error instanceof KubesentimentError)) throw error;
    this.#parts.observer?.onBatchFailure?.(error, batch.count);
    if (this.#parts.pool.isStuck) throw stuck(error);
    if (this.#isGivenUp) {
      this.#reject(batch);
    } else if (batch.count > 1) {
      const { table } = this.#parts;
      for (const half of batch.halves((row) => table.lengthOf(row))) this.#failed.add(half, 0);
    } else {
      this.#failAlone(batch.slots[0] as number, error);
    }
  }

  #failAlone(row: number, error: KubesentimentError): void {
    const { table, counters } = this.#parts;
    const { retriesMax, retryBackoffMs } = this.#settings;
    const slot = table.slotOf(row);
    const errorType: ErrorType = error.code === 'KS_INFERENCE_TIMEOUT' ? 'timeout' : 'inference_failed';
    const attempts = (table.attempts[slot] as number) - (table.attemptsBefore[slot] as number);
    if (table.isUnwanted(slot) || attempts > retriesMax || !error.retryable) {
      this.#outcomes.reject(slot, errorType);
      return;
    }
    table.attempts[slot] = (table.attempts[slot] as number) + 1;
    counters.messagesRetried++;
    const waitMs = retryBackoffMs * 2 ** (attempts - 1);
    this.#failed.add(this.#alone(row), performance.now() + waitMs);
    setTimeout(() => this.dispatch(), waitMs + 1);
  }
}

function stuck(cause: KubesentimentError): KubesentimentError {
  const message = 'Every inference thread hangs; the process must be restarted.';
  return new KubesentimentError('KS_INFERENCE_TIMEOUT', message, { cause });
}
