import type { FastifyInstance } from 'fastify';
import type { ServiceView } from '../service-view.ts';
import { schemas } from './schemas.ts';

/** What the model said in the last hour, as counts (the command `model baseline`), and how another one does. */
export function addKnowingRoutes(app: FastifyInstance, view: ServiceView): void {
  app.get('/api/v1/model/shadow', { schema: schemas.shadow }, async () => view.shadow());
  app.get('/api/v1/model/canary', { schema: schemas.canary }, async () => view.canary());
  app.get('/api/v1/model/baseline', { schema: schemas.baseline }, async () => view.baseline());
}
