import type { FastifyInstance } from 'fastify';
import { limits } from '../limits.ts';
import type { ServiceView } from '../service-view.ts';
import { disconnectSignal } from './disconnect-signal.ts';
import { PredictionQueue } from './prediction-queue.ts';
import { schemas } from './schemas.ts';

type PredictionBody = { readonly text: string } | { readonly texts: readonly string[] };

/** One text gives one prediction, a list gives a list. */
export function addPredictionRoutes(app: FastifyInstance, view: ServiceView): void {
  const queue = new PredictionQueue({ ...limits, predict: (texts, signal) => view.predict(texts, signal) });
  app.post<{ Body: PredictionBody }>(
    '/api/v1/predict',
    { schema: schemas.predict },
    async ({ body }, reply) => {
      const signal = disconnectSignal(reply);
      if ('texts' in body) return { predictions: await queue.predict(body.texts, signal) };
      return (await queue.predict([body.text], signal))[0];
    },
  );
}
