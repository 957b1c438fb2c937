import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { HttpError } from '../http-error.ts';
import { limits } from '../limits.ts';
import type { ConfigControl } from '../service-view.ts';
import { configSchemas } from './config-schemas.ts';

export interface ConfigRoutesOptions {
  readonly config: ConfigControl;
  /** Nobody can change or look at the configuration over an open port. */
  readonly hasToken: boolean;
}

/** The commands `config reload` and `config diff --url` over HTTP. */
export function addConfigRoutes(app: FastifyInstance, { config, hasToken }: ConfigRoutesOptions): void {
  const check = (what: string): void => {
    if (!hasToken) throw new HttpError('HTTP_FORBIDDEN', `Set http.token to allow "${what}" over HTTP.`);
  };
  app.get('/api/v1/config', { schema: configSchemas.inUse }, async () => {
    check('config');
    return config.inUse();
  });
  app.post('/api/v1/config/reload', { schema: configSchemas.reload }, async (request, reply) => {
    check('config reload');
    const reloading = config.reload();
    const reloaded = await Promise.race([reloading, sleep(limits.reloadMs, undefined, { ref: false })]);
    if (reloaded === undefined) {
      reloading.catch(() => undefined); // it is in the log
      request.auditFields = { outcome: 'loading' };
      return reply.code(202).send({ outcome: 'loading' });
    }
    const { changed, needs_restart: needsRestart } = reloaded;
    request.auditFields = { changed: changed.length, needs_restart: needsRestart.length };
    return { outcome: 'reloaded', ...reloaded };
  });
}
