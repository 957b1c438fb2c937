import type { Prediction } from '../../types.ts';
import { HttpError } from '../http-error.ts';
import type { ServiceView } from '../service-view.ts';

export interface PredictionQueueOptions {
  readonly predict: ServiceView['predict'];
  /** Requests, and texts of all of them, that are in progress or wait. */
  readonly predictionsMax: number;
  readonly waitingTextsMax: number;
}

/** Bounds what waits for a prediction: who comes when it is full is told to come again, not put on hold. */
export class PredictionQueue {
  readonly #options: PredictionQueueOptions;
  #requests = 0;
  #texts = 0;

  constructor(options: PredictionQueueOptions) {
    this.#options = options;
  }

  /** HTTP_OVERLOADED when it is full. A queue that is empty takes any request. */
  async predict(texts: readonly string[], signal: AbortSignal): Promise<readonly Prediction[]> {
    const { predict, predictionsMax, waitingTextsMax } = this.#options;
    if (texts.length === 0) return [];
    const isFull = this.#requests >= predictionsMax || this.#texts + texts.length > waitingTextsMax;
    if (this.#requests > 0 && isFull) {
      throw new HttpError('HTTP_OVERLOADED', 'Too many texts wait for a prediction. Try again later.');
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
