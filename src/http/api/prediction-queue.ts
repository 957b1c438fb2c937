import type { Prediction } from '../../types.ts';
import { HttpError } from '../http-error.ts';
import { limits } from '../limits.ts';
import type { ServiceView } from '../service-view.ts';

export interface PredictionQueueOptions {
  readonly predict: ServiceView['predict'];
  /** Requests, and texts of all of them, that may be pending. */
  readonly predictionsMax: number;
  readonly pendingTextsMax: number;
}

/** Bounds the pending predictions. A request beyond the limit is rejected at once instead of waiting. */
export class PredictionQueue {
  readonly #options: PredictionQueueOptions;
  #requests = 0;
  #texts = 0;

  constructor(options: PredictionQueueOptions) {
    this.#options = options;
  }

  /**
   * Rejects with HTTP_OVERLOADED when the queue is full, with HTTP_INVALID_REQUEST if too many texts are to be
   * explained. An empty queue accepts any other request.
   */
  async predict(
    texts: readonly string[],
    signal: AbortSignal,
    isExplained = false,
  ): Promise<readonly Prediction[]> {
    const { predict, predictionsMax, pendingTextsMax } = this.#options;
    if (texts.length === 0) return [];
    if (isExplained && texts.length > limits.explainedTextsMax) throw tooManyToExplain();
    const cost = isExplained ? texts.length * limits.explainedTextCost : texts.length;
    const isFull = this.#requests >= predictionsMax || this.#texts + cost > pendingTextsMax;
    if (this.#requests > 0 && isFull) {
      throw new HttpError('HTTP_OVERLOADED', 'Too many texts are waiting for a prediction. Try again later.');
    }
    this.#requests++;
    this.#texts += cost;
    try {
      return await predict(texts, signal, isExplained);
    } finally {
      this.#requests--;
      this.#texts -= cost;
    }
  }
}

function tooManyToExplain(): HttpError {
  const { explainedTextsMax } = limits;
  return new HttpError(
    'HTTP_INVALID_REQUEST',
    `At most ${explainedTextsMax} texts can be explained at a time: each takes as much as up to 130 predictions.`,
  );
}
