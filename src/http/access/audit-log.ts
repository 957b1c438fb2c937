import type { FastifyInstance } from 'fastify';
import type { Logger } from '../../log.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** What the line of this call tells besides who, what and with which status. */
    auditFacts?: Readonly<Record<string, string | number | boolean>>;
  }
}

/** What needs no line in the audit log. */
const readingMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
const readingRoutes: ReadonlySet<string> = new Set(['/api/v1/predict']);

/** Every call that can change something leaves a line, refused ones too; who asks for a prediction changes nothing. */
export function addAudit(app: FastifyInstance, logger: Logger | undefined): void {
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url;
    if (readingMethods.has(request.method) || route === undefined || readingRoutes.has(route)) return;
    const { method, ip: address, auditFacts } = request;
    logger?.info('http_audit', { method, route, address, status: reply.statusCode, ...auditFacts });
  });
}
