import type { Prediction } from '../../types.ts';
import { HttpError } from '../http-error.ts';
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

  /** Rejects with HTTP_OVERLOADED when the queue is full. An empty queue accepts a request of any size. */
  async predict(texts: readonly string[], signal: AbortSignal): Promise<readonly Prediction[]> {
    const { predict, predictionsMax, pendingTextsMax } = this.#options;
    if (texts.length === 0) return [];
    const isFull = this.#requests >= predictionsMax || this.#texts + texts.length > pendingTextsMax;
    if (this.#requests > 0 && isFull) {
      throw new HttpError('HTTP_OVERLOADED', 'Too many texts are waiting for a prediction. Try again later.');
    }
    this.#requests++;
    this.#texts += texts.length;
    try {
      return await predict(texts, signal);
    } finally {
      this.#requests--;
      this.#texts -= texts.length;
    }
  }
}
