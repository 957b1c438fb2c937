import type { FastifyInstance } from 'fastify';
import { limits } from '../limits.ts';
import type { ServiceView } from '../service-view.ts';
import { disconnectSignal } from './disconnect-signal.ts';
import { PredictionQueue } from './prediction-queue.ts';
import { schemas } from './schemas.ts';

interface PredictionQuery {
  readonly explain?: 'true' | 'false';
}
type PredictionBody = { readonly text: string } | { readonly texts: readonly string[] };

/** One text gives one prediction, a list gives a list. */
export function addPredictionRoutes(app: FastifyInstance, view: ServiceView): void {
  const queue = new PredictionQueue({ ...limits, predict: (...asked) => view.predict(...asked) });
  app.post<{ Body: PredictionBody; Querystring: PredictionQuery }>(
    '/api/v1/predict',
    { schema: schemas.predict },
    async ({ body, query }, reply) => {
      const signal = disconnectSignal(reply);
      const isExplained = query.explain === 'true';
      if ('texts' in body) return { predictions: await queue.predict(body.texts, signal, isExplained) };
      return (await queue.predict([body.text], signal, isExplained))[0];
    },
  );
}
