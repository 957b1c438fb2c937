import type { FastifyInstance } from 'fastify';
import type { Logger } from '../../log.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Fields of the audit line beyond who called what, and with which status. */
    auditFields?: Readonly<Record<string, string | number | boolean>>;
  }
}

const readOnlyMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
/** POST routes that change nothing. */
const readOnlyRoutes: ReadonlySet<string> = new Set(['/api/v1/predict']);

/** Logs every call that could change something, rejected ones included. */
export function addAuditLog(app: FastifyInstance, logger: Logger | undefined): void {
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url;
    if (readOnlyMethods.has(request.method) || route === undefined || readOnlyRoutes.has(route)) return;
    const { method, ip: address, auditFields } = request;
    logger?.info('http_audit', { method, route, address, status: reply.statusCode, ...auditFields });
  });
}
