import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { HttpError } from '../http-error.ts';
import { limits } from '../limits.ts';
import type { ModelControl } from '../service-view.ts';
import { schemas } from './schemas.ts';

export interface ModelRoutesOptions {
  readonly model: ModelControl;
  /** Nobody can change anything over an open port. */
  readonly hasToken: boolean;
}

/** The command `model reload` over HTTP. The answer comes when new messages go to the new model. */
export function addModelRoutes(app: FastifyInstance, { model, hasToken }: ModelRoutesOptions): void {
  app.post('/api/v1/model/reload', { schema: schemas.reload }, async (request, reply) => {
    if (!hasToken) throw new HttpError('HTTP_FORBIDDEN', 'Set http.token to allow "reload" over HTTP.');
    const reloading = model.reload();
    const reloaded = await Promise.race([reloading, sleep(limits.reloadMs, undefined, { ref: false })]);
    if (reloaded === undefined) {
      reloading.catch(() => undefined); // it is in the log
      request.auditFields = { outcome: 'loading' };
      return reply.code(202).send({ outcome: 'loading' });
    }
    request.auditFields = { outcome: reloaded.outcome, version: reloaded.model_version };
    return reloaded;
  });
}
