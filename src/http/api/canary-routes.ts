import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { HttpError } from '../http-error.ts';
import { limits } from '../limits.ts';
import type { CanaryCommands } from '../service-view.ts';
import { schemas } from './schemas.ts';

export interface CanaryRoutesOptions {
  readonly canary: CanaryCommands;
  /** Nobody can change anything over an open port. */
  readonly hasToken: boolean;
}

/** The command `model canary` over HTTP, as far as it ends the trial. */
export function addCanaryRoutes(app: FastifyInstance, { canary, hasToken }: CanaryRoutesOptions): void {
  app.post('/api/v1/model/canary/promote', { schema: schemas.promote }, async (request, reply) => {
    check('promote', hasToken);
    const promoting = canary.promote();
    const promoted = await Promise.race([promoting, sleep(limits.reloadMs, undefined, { ref: false })]);
    if (promoted === undefined) {
      promoting.catch(() => undefined); // it is in the log
      request.auditFields = { outcome: 'loading' };
      return reply.code(202).send({ outcome: 'loading' });
    }
    request.auditFields = { outcome: promoted.outcome, version: promoted.model_version };
    return promoted;
  });
  app.post('/api/v1/model/canary/return', { schema: schemas.returnCanary }, async (request) => {
    check('return', hasToken);
    const report = canary.return();
    request.auditFields = { outcome: report.state, version: report.model_version };
    return report;
  });
}

function check(what: string, hasToken: boolean): void {
  if (!hasToken) throw new HttpError('HTTP_FORBIDDEN', `Set http.token to allow "${what}" over HTTP.`);
}
