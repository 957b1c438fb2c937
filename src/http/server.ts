import type { AddressInfo } from 'node:net';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import { KubesentimentError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { addAudit } from './audit.ts';
import { hostGuard, isLoopback, securityHeaders, tokenGuard } from './guards.ts';
import { answerTo, HttpError } from './http-error.ts';
import { addRoutes, openPaths } from './routes.ts';
import type { ServiceView } from './view.ts';

export interface HttpServerOptions {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** Needed when `host` is not loopback. */
  readonly token?: string | undefined;
  readonly view: ServiceView;
  /** Is told about errors that are ours and not the caller's. */
  readonly logger?: Logger | undefined;
}

export interface HttpServer {
  /** Rejects with KS_HTTP_LISTEN when the address cannot be had. */
  start(): Promise<{ address: string; port: number }>;
  /** Lets running requests finish for a moment, then closes every connection. */
  stop(): Promise<void>;
}

const bodyBytesMax = 1024 * 1024;
const connectionsMax = 256;
const requestTimeoutMs = 10_000;
const answerTimeoutMs = 30_000;
const stopTimeoutMs = 2_000;

export function createHttpServer(options: HttpServerOptions): HttpServer {
  const { host, port, token, view, logger } = options;
  if (token === '' || (token === undefined && !isLoopback(host))) {
    throw new KubesentimentError('KS_CONFIG_INVALID', `There is no http.token for http.host ${host}.`, {
      remedy: 'Set http.token to a long random text, or http.host to 127.0.0.1 and no token.',
    });
  }
  const app = fastify({
    bodyLimit: bodyBytesMax,
    requestTimeout: requestTimeoutMs,
    handlerTimeout: answerTimeoutMs,
    forceCloseConnections: 'idle',
    // A path that cannot be decoded never reaches the hooks.
    frameworkErrors: (error, request, reply) => {
      void sendError(reply.headers(securityHeaders), request, error, logger);
    },
    http: { headersTimeout: requestTimeoutMs, connectionsCheckingInterval: 1_000 },
  });
  app.server.maxConnections = connectionsMax;
  app.removeContentTypeParser('text/plain');
  addGuards(app, options);
  addAudit(app, logger);
  addErrorAnswers(app, logger);
  addRoutes(app, view);

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
      const timer = setTimeout(() => app.server.closeAllConnections(), stopTimeoutMs);
      try {
        await app.close();
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

function addGuards(app: FastifyInstance, { host, token }: HttpServerOptions): void {
  const checkHost = isLoopback(host) ? hostGuard(host) : undefined;
  const checkToken = token === undefined ? undefined : tokenGuard(token);
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(securityHeaders);
    checkHost?.(request.headers.host);
    if (!openPaths.has(request.routeOptions.url ?? '')) checkToken?.(request.headers.authorization);
  });
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
  if (status === 503) reply.header('retry-after', '1');
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
