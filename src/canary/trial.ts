import { KubesentimentError } from '../errors.ts';
import type { ModelPool } from '../infer/model-pool.ts';
import type { CanaryCounts, CanaryEnd } from '../metrics/canary-counts.ts';
import type { Difference } from '../metrics/answer-comparison.ts';
import type { SourceMessage } from '../types.ts';
import { BatchPairs } from './batch-pairs.ts';
import { Excess } from './excess.ts';
import { positionOf } from './key-hash.ts';
import { WatchedPool } from './watched-pool.ts';

export interface TrialLimits {
  /** Share of the texts to which the models may give different labels. */
  readonly disagreement: number;
  /** Share of the texts on which the new model may fail. */
  readonly errors: number;
  /** For how many times as long it may work on a text. */
  readonly slowdown: number;
}

/** Before so many texts the tokens of both models count as equal. */
const TEXTS_MIN = 50;
/** Half of the pairs of batches have a ratio above their median. */
const SLOWER_SHARE = 0.5;

/**
 * The trial of a model that answers some of the keys: who they are, and when it is over. It ends at most once, and as
 * soon as the evidence is there; nobody has to come by and look.
 */
export class CanaryTrial {
  readonly counts: CanaryCounts;
  readonly #limits: TrialLimits;
  readonly #disagreement: Excess;
  readonly #errors: Excess;
  readonly #slowdown = new Excess(SLOWER_SHARE);
  readonly #pairs = new BatchPairs();
  /** Of the texts that were compared, as the new and the old model get them. */
  readonly #tokens: [number, number] = [0, 0];
  readonly #listeners = new Set<(reason: CanaryEnd) => void>();
  readonly #now: () => number;

  constructor(counts: CanaryCounts, limits: TrialLimits, now: () => number = () => performance.now()) {
    this.counts = counts;
    this.#limits = limits;
    this.#disagreement = new Excess(limits.disagreement);
    this.#errors = new Excess(limits.errors);
    this.#now = now;
  }

  get isOver(): boolean {
    return this.counts.endedBy !== undefined;
  }

  /** Whether the new model is to answer this message. */
  chooses(message: SourceMessage): boolean {
    return positionOf(message) < this.counts.share;
  }

  /** Calls `listener` when it is over, at once, until the returned function is called. */
  onEnd(listener: (reason: CanaryEnd) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** All keys go to the model in use again. */
  end(reason: CanaryEnd): void {
    if (this.isOver) return;
    this.counts.endedBy = reason;
    for (const listener of [...this.#listeners]) listener(reason);
  }

  /** The new model has failed on a text. */
  failed(): void {
    if (this.isOver) return;
    this.counts.failed++;
    this.#errors.add(true);
    if (this.#errors.isCertain) this.end('errors');
  }

  /** The model in use was asked about a text that the new one has answered. */
  compared(one: Difference, tokens: readonly [number, number] = [0, 0]): void {
    if (this.isOver) return;
    this.counts.compared.add(one);
    this.#tokens[0] += tokens[0];
    this.#tokens[1] += tokens[1];
    this.#disagreement.add(one.label !== one.otherLabel);
    if (this.#disagreement.isCertain) this.end('disagreement');
  }

  watchOld(pool: ModelPool): ModelPool {
    return new WatchedPool(pool, {
      onBatch: (_, tokens, ms) => this.#pairs.addOld(tokens, ms, this.#now()),
    });
  }

  /** A batch that never comes back ends the trial, not the process. */
  watchNew(pool: ModelPool): ModelPool {
    return new WatchedPool(
      pool,
      {
        onBatch: (rows, tokens, ms) => this.#ran(rows, tokens, ms),
        onFailure: (error) => {
          if (error instanceof KubesentimentError && error.code === 'KS_INFERENCE_TIMEOUT') this.end('hang');
        },
      },
      { mayHang: true },
    );
  }

  /** How many times as many tokens as the old model the new one gets for the same texts. */
  get #tokensRatio(): number {
    const [fresh, old] = this.#tokens;
    return this.counts.compared.compared < TEXTS_MIN || old === 0 ? 1 : fresh / old;
  }

  #ran(rows: number, tokens: number, ms: number): void {
    if (this.isOver) return;
    this.counts.classified += rows;
    this.#errors.add(false, rows);
    const ratio = this.#pairs.addNew(tokens, ms, this.#now());
    if (ratio === undefined) return;
    const perText = this.#tokensRatio;
    this.counts.slowdown = (this.#pairs.ratio as number) * perText;
    this.#slowdown.add(ratio * perText > this.#limits.slowdown);
    if (this.#slowdown.isCertain) this.end('slowdown');
  }
}
