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
export class AuditLog {
  readonly #logger: Logger | undefined;
  /** Methods and paths of the routes that could change something. */
  readonly #routes = new Set<string>();

  constructor(logger: Logger | undefined) {
    this.#logger = logger;
  }

  addTo(app: FastifyInstance): void {
    app.addHook('onRoute', ({ method, url }) => {
      for (const each of [method].flat()) if (changes(each, url)) this.#routes.add(`${each} ${url}`);
    });
    app.addHook('onResponse', async (request, reply) => {
      const route = request.routeOptions.url;
      if (route === undefined || !changes(request.method, route)) return;
      const { method, ip: address, auditFields } = request;
      this.#logger?.info('http_audit', { method, route, address, status: reply.statusCode, ...auditFields });
    });
  }

  /** A call that was refused before it was routed. */
  refused(
    { method = '', address }: { method?: string; address: string },
    path: string,
    status: number,
  ): void {
    if (!this.#routes.has(`${method} ${path}`)) return;
    this.#logger?.info('http_audit', { method, route: path, address, status });
  }
}

function changes(method: string, route: string): boolean {
  return !readOnlyMethods.has(method) && !readOnlyRoutes.has(route);
}
