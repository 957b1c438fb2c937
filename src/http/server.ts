import { type AddressInfo, createServer } from 'node:net';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import type { DlqAccess } from '../dead-letters/access.ts';
import { KubesentimentError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { Counters } from '../metrics/counters.ts';
import { AuditLog } from './access/audit-log.ts';
import { isLoopback } from './access/host-check.ts';
import { addRouteChecks, guardedServers, type OpenPaths } from './access/request-checks.ts';
import { RequestGuard } from './access/request-guard.ts';
import { securityHeaders } from './access/security-headers.ts';
import { addKnowingRoutes } from './api/knowing-routes.ts';
import { addCanaryRoutes } from './api/canary-routes.ts';
import { addConfigRoutes } from './api/config-routes.ts';
import { addConsumerRoutes } from './api/consumer-routes.ts';
import { addDlqRoutes } from './api/dlq-routes.ts';
import { addHealthRoutes } from './api/health-routes.ts';
import { addJsonParser } from './api/json-body.ts';
import { addModelRoutes } from './api/model-routes.ts';
import { addMetricsRoutes } from './api/metrics-routes.ts';
import { describeRoutes } from './api/openapi.ts';
import { addPeerRoutes } from './api/peer-routes.ts';
import { addPredictionRoutes } from './api/prediction-routes.ts';
import { hidden } from './api/schema-parts.ts';
import { errorResponse, HttpError, validationError } from './http-error.ts';
import { limits } from './limits.ts';
import { addPageRoutes } from './live/page-routes.ts';
import type { PeerSettings } from './peers/peer-watch.ts';
import type {
  CanaryCommands,
  ConfigControl,
  ConsumerControl,
  ModelControl,
  ServiceView,
} from './service-view.ts';

export interface HttpServerOptions {
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  /** Required unless `host` is loopback. */
  readonly token?: string | undefined;
  /** Serves the live page at `/`. Default true. */
  readonly page?: boolean;
  /** Rate limit of one address: a number, or what tells it. Default 50. */
  readonly requestsPerSecond?: number | (() => number);
  readonly view: ServiceView;
  /** Without it there are no routes for dead letters. */
  readonly dlq?: DlqAccess | undefined;
  /** Without it there are no routes to pause and resume. */
  readonly control?: ConsumerControl | undefined;
  /** Without it there is no route to reload the model. */
  readonly model?: ModelControl | undefined;
  /** Without it there are no routes that end the trial of a canary. */
  readonly canary?: CanaryCommands | undefined;
  /** Without it there are no routes for the configuration. */
  readonly config?: ConfigControl | undefined;
  /** Other processes to show. Default: none. */
  readonly peers?: (() => PeerSettings) | undefined;
  /** Receives unexpected errors and the audit log. */
  readonly logger?: Logger | undefined;
}

export interface HttpServer {
  /** Rejects with KS_HTTP_LISTEN when it cannot listen on the address. */
  start(): Promise<{ address: string; port: number }>;
  /** Gives running requests a moment to finish, then closes all connections. */
  stop(): Promise<void>;
}

const REQUESTS_PER_SECOND_DEFAULT = 50;

const noPeers = (): PeerSettings => ({ urls: [], token: undefined, caFile: undefined });

interface App {
  readonly app: FastifyInstance;
  readonly guard: RequestGuard;
  /** Makes the OpenAPI document of its routes. */
  readonly describe: (version: string) => object;
}

export function createHttpServer(options: HttpServerOptions): HttpServer {
  const { host, port } = options;
  const { app, guard } = createApp(options);
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
      guard.close();
      const timer = setTimeout(() => app.server.closeAllConnections(), limits.stopTimeoutMs);
      try {
        await app.close();
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

/** KS_HTTP_LISTEN when a server could not listen there. */
export async function checkAddress(host: string, port: number): Promise<void> {
  const probe = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      probe.once('error', reject).listen(port, host, resolve);
    });
  } catch (cause) {
    throw listenError(host, port, cause);
  } finally {
    probe.close();
  }
}

/** The OpenAPI document with every optional route. */
export async function openApiDocument(version: string): Promise<object> {
  const view = { counters: new Counters() } as ServiceView;
  const { app, describe } = createApp({
    host: '127.0.0.1',
    port: 0,
    view,
    dlq: {} as DlqAccess,
    control: {} as ConsumerControl,
    model: {} as ModelControl,
    canary: {} as CanaryCommands,
    config: {} as ConfigControl,
  });
  await app.close();
  return describe(version);
}

function createApp(options: HttpServerOptions): App {
  const { host, token, view, dlq, control, model, canary, config, logger, page = true } = options;
  if (token === '' || (token === undefined && !isLoopback(host))) {
    throw new KubesentimentError('KS_CONFIG_INVALID', `There is no http.token for http.host ${host}.`, {
      remedy: 'Set http.token to a long random text, or listen on 127.0.0.1 without a token.',
    });
  }
  const paths: OpenPaths = { publicPaths: new Set(), probePaths: new Set() };
  const { requestsPerSecond = REQUESTS_PER_SECOND_DEFAULT } = options;
  const audit = new AuditLog(logger);
  const guard = new RequestGuard({
    ...{ host, token },
    requestsPerSecond: typeof requestsPerSecond === 'number' ? () => requestsPerSecond : requestsPerSecond,
    ...paths,
    onRefused: ({ method = '', socket }, path, status) =>
      audit.refused({ method, address: socket.remoteAddress ?? '' }, path, status),
  });
  const app = fastify({
    serverFactory: guardedServers(guard),
    bodyLimit: limits.bodyBytesMax,
    handlerTimeout: limits.responseTimeoutMs,
    forceCloseConnections: 'idle',
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false } },
    schemaErrorFormatter: validationError,
    // A path that cannot be decoded never reaches the hooks.
    frameworkErrors: (error, request, reply) => {
      void sendError(reply.headers(securityHeaders), request, error, logger);
    },
  });
  app.removeAllContentTypeParsers();
  addJsonParser(app);
  // Response schemas are documentation only: responses are sent unfiltered.
  app.setSerializerCompiler(() => (payload) => JSON.stringify(payload));
  const describe = describeRoutes(app);
  addRouteChecks(app, guard, paths);
  audit.addTo(app);
  addErrorHandlers(app, logger);
  addHealthRoutes(app, view);
  addMetricsRoutes(app, view);
  addPredictionRoutes(app, view);
  addKnowingRoutes(app, view);
  addPeerRoutes(app, { view, peers: options.peers ?? noPeers });
  if (dlq !== undefined) addDlqRoutes(app, { dlq, hasToken: token !== undefined });
  if (control !== undefined) addConsumerRoutes(app, { control, hasToken: token !== undefined });
  if (model !== undefined) addModelRoutes(app, { model, hasToken: token !== undefined });
  if (canary !== undefined) addCanaryRoutes(app, { canary, hasToken: token !== undefined });
  if (config !== undefined) addConfigRoutes(app, { config, hasToken: token !== undefined });
  if (page) addPageRoutes(app, view, logger);
  app.get('/api/v1/openapi.json', { schema: hidden }, async () => describe(view.build.version));
  return { app, guard, describe };
}

function addErrorHandlers(app: FastifyInstance, logger: Logger | undefined): void {
  app.setErrorHandler((error, request, reply) => sendError(reply, request, error, logger));
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] as string;
    const methods = (['GET', 'POST'] as const).filter((method) => app.hasRoute({ method, url: path }));
    if (methods.length === 0) throw new HttpError('HTTP_NOT_FOUND', 'There is nothing at this path.');
    reply.header('allow', methods.join(', '));
    throw new HttpError('HTTP_METHOD_NOT_ALLOWED', `This path only accepts ${methods.join(', ')}.`);
  });
}

function sendError(reply: FastifyReply, request: FastifyRequest, error: unknown, logger: Logger | undefined) {
  const { status, code, message } = errorResponse(error);
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
      ? 'Another program uses this port: set http.port to another one.'
      : 'Check http.host and http.port.';
  return new KubesentimentError('KS_HTTP_LISTEN', `Cannot listen on ${host}:${port} (${code}).`, {
    remedy,
    cause,
  });
}
