import type { Prediction } from '../types.ts';
import { HttpError } from './http-error.ts';

const textsMax = 1000;
const usage = 'Send {"text": "…"} or {"texts": ["…"]}.';

export interface PredictRequest {
  readonly texts: readonly string[];
  /** Whether a list was sent, and so a list is the answer. */
  readonly many: boolean;
}

/** Checks the body of a prediction request; HTTP_INVALID_REQUEST says what is wrong, never what was sent. */
export function parsePredict(body: unknown): PredictRequest {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    refuse('The body must be a JSON object.');
  const { text, texts, ...unknown } = body as Record<string, unknown>;
  if (Object.keys(unknown).length > 0) refuse('Only "text" or "texts" is allowed in the body.');
  if ((text === undefined) === (texts === undefined)) refuse('Exactly one of "text" and "texts" is needed.');
  if (text !== undefined) {
    if (typeof text !== 'string') refuse('"text" must be a string.');
    return { texts: [text], many: false };
  }
  if (!Array.isArray(texts) || texts.some((item) => typeof item !== 'string')) {
    refuse('"texts" must be a list of strings.');
  }
  if (texts.length > textsMax) refuse(`"texts" may hold at most ${textsMax} texts.`);
  return { texts, many: true };
}

export function predictAnswer(predictions: readonly Prediction[], many: boolean): object {
  return many ? { predictions } : { ...predictions[0] };
}

function refuse(reason: string): never {
  throw new HttpError('HTTP_INVALID_REQUEST', `${reason} ${usage}`);
}
