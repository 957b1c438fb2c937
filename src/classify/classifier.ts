import type { Batcher } from './batcher.ts';
import { type BatchLimits, MessageBatch } from './message-batch.ts';
import type { Decoder } from '../decode/decoder.ts';
import { KubesentimentError } from '../errors.ts';
import type { ModelPool } from '../infer/model-pool.ts';
import type { Counters } from '../metrics/counters.ts';
import { Outcome, SlotState, type SlotTable } from '../slots.ts';
import { type ErrorType, errorTypes } from '../types.ts';
import { FailedBatches } from './failed-batches.ts';

export interface ClassifierOptions {
  readonly table: SlotTable;
  /** float32 [slots, labels], when the scores of all labels are wanted. */
  readonly allScores?: Float32Array | undefined;
  readonly decoder: Pick<Decoder, 'pack'>;
  readonly batcher: Batcher;
  readonly pool: ModelPool;
  readonly limits: BatchLimits;
  readonly labels: number;
  readonly retriesMax: number;
  readonly retryBackoffMs: number;
  readonly counters: Counters;
  /** For tracing: called as a batch goes to the model; what it returns is called as it comes back. */
  readonly onBatch?: ((batch: MessageBatch) => (error?: unknown) => void) | undefined;
  /** A batch of `rows` has failed and is halved or tried again. */
  readonly onFailure?: ((error: KubesentimentError, rows: number) => void) | undefined;
  /** Some slots are finished. */
  readonly onFinished: () => void;
  readonly onFatal: (error: unknown) => void;
}

/**
 * From waiting rows to outcomes: forms batches whenever a thread has a place for one, and finds the
 * one bad row of a batch that fails by halving it, so that no message takes others down with it.
 */
export class Classifier {
  readonly #options: ClassifierOptions;
  readonly #failed = new FailedBatches();

  constructor(options: ClassifierOptions) {
    this.#options = options;
    options.pool.onPlace(() => this.dispatch());
  }

  /** Messages waiting for a batch. */
  get waiting(): number {
    return this.#options.batcher.queued + this.#failed.rows;
  }

  /** Feeds the threads. To be called after rows were added; happens by itself when a batch comes back. */
  dispatch(): void {
    const { pool, batcher } = this.#options;
    while (pool.hasPlace) {
      const now = performance.now();
      // Behind a busy thread only a batch that is worth it stands ready; more may still come to this one.
      const batch = this.#failed.next(now) ?? batcher.next(now, !pool.hasIdleThread);
      if (batch === undefined) return;
      this.#run(batch).catch(this.#options.onFatal);
    }
  }

  async #run(batch: MessageBatch): Promise<void> {
    const { pool, decoder, counters, table } = this.#options;
    const startedAt = performance.now();
    counters.stage.batch.record(startedAt - (table.takenAt[batch.slots[0] as number] as number));
    const tensors = pool.tensors(batch.count, batch.width);
    decoder.pack(batch.slots, batch.count, batch.width, tensors.ids, tensors.mask);
    const endTrace = this.#options.onBatch?.(batch);
    try {
      const hasRun = await pool.run(tensors, (logits) => this.#read(batch, logits));
      endTrace?.();
      if (!hasRun) return this.#again(batch);
      counters.stage.infer.record(performance.now() - startedAt);
      counters.batchRows.record(batch.count);
      counters.realTokens += batch.tokens;
      counters.paddedTokens += batch.paddedTokens;
    } catch (error) {
      endTrace?.(error);
      this.#fail(batch, error);
      this.dispatch();
    }
    this.#options.onFinished();
  }

  /** Softmax and argmax of each row of the logits, float32 [rows, labels]. */
  #read(batch: MessageBatch, logits: Float32Array): void {
    const { table, labels, allScores } = this.#options;
    for (let row = 0; row < batch.count; row++) {
      const slot = batch.slots[row] as number;
      const at = row * labels;
      let best = 0;
      for (let i = 1; i < labels; i++)
        if ((logits[at + i] as number) > (logits[at + best] as number)) best = i;
      const top = logits[at + best] as number;
      let sum = 0;
      for (let i = 0; i < labels; i++) sum += Math.exp((logits[at + i] as number) - top);
      if (Number.isNaN(sum)) {
        this.#finish(slot, Outcome.deadLetter, 'inference_failed');
        continue;
      }
      table.label[slot] = best;
      table.score[slot] = 1 / sum;
      if (allScores !== undefined) {
        for (let i = 0; i < labels; i++) {
          allScores[slot * labels + i] = Math.exp((logits[at + i] as number) - top) / sum;
        }
      }
      this.#finish(slot, Outcome.result);
    }
  }

  /** It stood behind a batch that takes too long, which is not its fault. */
  #again(batch: MessageBatch): void {
    this.#failed.add(batch, 0);
    this.dispatch();
  }

  #fail(batch: MessageBatch, error: unknown): void {
    if (!(error instanceof KubesentimentError)) throw error;
    this.#options.onFailure?.(error, batch.count);
    if (this.#options.pool.isStuck) throw stuck(error);
    if (batch.count > 1) {
      const { table } = this.#options;
      for (const half of batch.halves((slot) => table.length[slot] as number)) this.#failed.add(half, 0);
    } else {
      this.#failAlone(batch.slots[0] as number, error);
    }
  }

  #failAlone(slot: number, error: KubesentimentError): void {
    const { table, retriesMax, retryBackoffMs, counters, limits } = this.#options;
    const errorType: ErrorType = error.code === 'KS_INFERENCE_TIMEOUT' ? 'timeout' : 'inference_failed';
    const attempts = table.attempts[slot] as number;
    if (table.state[slot] === SlotState.dropped || attempts > retriesMax || !error.retryable) {
      this.#finish(slot, Outcome.deadLetter, errorType);
      return;
    }
    table.attempts[slot] = attempts + 1;
    counters.messagesRetried++;
    const again = new MessageBatch(limits);
    again.add(slot, table.length[slot] as number);
    const waitMs = retryBackoffMs * 2 ** (attempts - 1);
    this.#failed.add(again, performance.now() + waitMs);
    setTimeout(() => this.dispatch(), waitMs + 1);
  }

  #finish(slot: number, outcome: number, errorType?: ErrorType): void {
    const { table } = this.#options;
    if (table.state[slot] === SlotState.dropped) {
      table.release(slot); // its partition has been given back
      return;
    }
    if (errorType !== undefined) table.errorType[slot] = errorTypes.indexOf(errorType);
    table.outcome[slot] = outcome;
    table.state[slot] = SlotState.done;
  }
}

function stuck(cause: KubesentimentError): KubesentimentError {
  return new KubesentimentError(
    'KS_INFERENCE_TIMEOUT',
    'Every inference thread hangs; the process must be restarted.',
    {
      cause,
    },
  );
}
