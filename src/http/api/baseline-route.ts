import type { FastifyInstance } from 'fastify';
import type { ServiceView } from '../service-view.ts';
import { schemas } from './schemas.ts';

/** The command `model baseline` over HTTP: what the model said in the last hour, as counts. */
export function addBaselineRoute(app: FastifyInstance, view: ServiceView): void {
  app.get('/api/v1/model/baseline', { schema: schemas.baseline }, async () => view.baseline());
}
