import type { AddressInfo } from 'node:net';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import type { DlqAccess } from '../dead-letters/access.ts';
import { KubesentimentError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { Counters } from '../metrics/counters.ts';
import { addAudit } from './access/audit-log.ts';
import { limitConnections } from './access/connection-limit.ts';
import { addDlqRoutes } from './api/dlq-routes.ts';
import type { Door } from './access/connection-throttle.ts';
import { addEntryChecks } from './access/request-checks.ts';
import { isLoopback, securityHeaders } from './access/guards.ts';
import { answerTo, HttpError, validationError } from './http-error.ts';
import { addJsonParser } from './api/json-body.ts';
import { limits } from './limits.ts';
import { describeRoutes } from './api/openapi.ts';
import { addPageRoutes } from './live/page-routes.ts';
import { addRoutes } from './api/routes.ts';
import { hidden } from './api/schemas.ts';
import type { ServiceView } from './service-view.ts';

export interface HttpServerOptions {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** Needed when `host` is not loopback. */
  readonly token?: string | undefined;
  /** Serves the live page at `/`. Default true. */
  readonly page?: boolean;
  /** Of one address. Default 50. */
  readonly requestsPerSecond?: number;
  readonly view: ServiceView;
  /** Without it there are no paths for dead letters. */
  readonly dlq?: DlqAccess | undefined;
  /** Is told about errors that are ours and not the caller's, and who changed what. */
  readonly logger?: Logger | undefined;
}

export interface HttpServer {
  /** Rejects with KS_HTTP_LISTEN when the address cannot be had. */
  start(): Promise<{ address: string; port: number }>;
  /** Lets running requests finish for a moment, then closes every connection. */
  stop(): Promise<void>;
}

const REQUESTS_PER_SECOND = 50;

interface App {
  readonly app: FastifyInstance;
  readonly door: Door;
  /** The OpenAPI document of its routes. */
  readonly describe: (version: string) => object;
}

export function createHttpServer(options: HttpServerOptions): HttpServer {
  const { host, port } = options;
  const { app, door } = createApp(options);
  limitConnections(app.server, limits);
  door.guard(app.server);
  return {
    async start() {
      try {
        await app.listen({ host, port });
      } catch (cause) {
        throw listenError(host, port, cause);
      }
      const bound = app.server.address() as AddressInfo;
      return { address: bound.address, port: bound.port };
    },
    async stop() {
      door.close();
      const timer = setTimeout(() => app.server.closeAllConnections(), limits.stopTimeoutMs);
      try {
        await app.close();
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

/** The OpenAPI document of everything that can be served. */
export async function openApiDocument(version: string): Promise<object> {
  const view = { counters: new Counters() } as ServiceView;
  const { app, describe } = createApp({ host: '127.0.0.1', port: 0, view, dlq: {} as DlqAccess });
  await app.close();
  return describe(version);
}

function createApp(options: HttpServerOptions): App {
  const { host, token, view, dlq, logger, page = true } = options;
  if (token === '' || (token === undefined && !isLoopback(host))) {
    throw new KubesentimentError('KS_CONFIG_INVALID', `There is no http.token for http.host ${host}.`, {
      remedy: 'Set http.token to a long random text, or http.host to 127.0.0.1 and no token.',
    });
  }
  const app = fastify({
    bodyLimit: limits.bodyBytesMax,
    requestTimeout: limits.requestTimeoutMs,
    handlerTimeout: limits.answerTimeoutMs,
    connectionTimeout: limits.silenceTimeoutMs,
    keepAliveTimeout: limits.idleTimeoutMs,
    forceCloseConnections: 'idle',
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false } },
    schemaErrorFormatter: validationError,
    // A path that cannot be decoded never reaches the hooks.
    frameworkErrors: (error, request, reply) => {
      void sendError(reply.headers(securityHeaders), request, error, logger);
    },
    http: { headersTimeout: limits.requestTimeoutMs, connectionsCheckingInterval: 1_000 },
  });
  app.removeAllContentTypeParsers();
  addJsonParser(app);
  // The schemas of answers are documentation: what is sent is what the service says.
  app.setSerializerCompiler(() => (answer) => JSON.stringify(answer));
  const describe = describeRoutes(app);
  const door = addEntryChecks(app, {
    host,
    token,
    requestsPerSecond: options.requestsPerSecond ?? REQUESTS_PER_SECOND,
  });
  addAudit(app, logger);
  addErrorAnswers(app, logger);
  addRoutes(app, view);
  if (dlq !== undefined) addDlqRoutes(app, { dlq, hasToken: token !== undefined });
  if (page) addPageRoutes(app, view);
  app.get('/api/v1/openapi.json', { schema: hidden }, async () => describe(view.build.version));
  return { app, door, describe };
}

function addErrorAnswers(app: FastifyInstance, logger: Logger | undefined): void {
  app.setErrorHandler((error, request, reply) => sendError(reply, request, error, logger));
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] as string;
    const methods = (['GET', 'POST'] as const).filter((method) => app.hasRoute({ method, url: path }));
    if (methods.length === 0) throw new HttpError('HTTP_NOT_FOUND', 'There is nothing at this path.');
    reply.header('allow', methods.join(', '));
    throw new HttpError('HTTP_METHOD_NOT_ALLOWED', `This path takes ${methods.join(', ')} only.`);
  });
}

function sendError(reply: FastifyReply, request: FastifyRequest, error: unknown, logger: Logger | undefined) {
  const { status, code, message } = answerTo(error);
  if (status === 401) reply.header('www-authenticate', 'Bearer');
  if (status === 429 || status === 503) reply.header('retry-after', '1');
  if (status === 500) {
    logger?.error('http_failed', { method: request.method, route: request.routeOptions.url }, error);
  }
  return reply.code(status).send({ error: { code, message } });
}

function listenError(host: string, port: number, cause: unknown): KubesentimentError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason';
  const remedy =
    code === 'EADDRINUSE'
      ? 'Another program has it: set http.port to another one.'
      : 'Check http.host and http.port.';
  return new KubesentimentError('KS_HTTP_LISTEN', `Cannot listen on ${host}:${port} (${code}).`, {
    remedy,
    cause,
  });
}
