import { createServer, type Server, type ServerOptions } from 'node:http';
import type { FastifyInstance, FastifyServerFactory } from 'fastify';
import { limits } from '../limits.ts';
import { limitConnections } from './connection-limit.ts';
import type { RequestGuard } from './request-guard.ts';
import { securityHeaders } from './security-headers.ts';

/** What the checks need to know about a route. */
declare module 'fastify' {
  interface FastifyContextConfig {
    /** Needs no token: the probes of an orchestrator have none, and only learn whether the service is healthy. */
    isPublic?: boolean;
    /** Has the rate limit of the probes. */
    isProbe?: boolean;
    /** How many requests it counts as for the rate limit. Default 1. */
    cost?: number;
  }
}

/**
 * Makes the servers of the application, each with the guard in front of it: a host name such as localhost can stand for
 * two addresses, and so for two servers.
 */
export function guardedServers(guard: RequestGuard): FastifyServerFactory {
  return (handler) => {
    const options: ServerOptions = {
      requestTimeout: limits.requestTimeoutMs,
      headersTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      connectionsCheckingInterval: 1_000,
    };
    const server: Server = createServer(options, (request, response) => {
      if (guard.admit(request, response)) handler(request, response);
    });
    server.setTimeout(limits.socketTimeoutMs);
    limitConnections(server, { ...limits, isDelayed: (socket) => guard.isDelayed(socket) });
    guard.attach(server);
    return server;
  };
}

/** Paths that need no token, which the routes add themselves to. */
export interface OpenPaths {
  readonly publicPaths: Set<string>;
  readonly probePaths: Set<string>;
}

/** What is left to check when the route is known: its price, which only those pay who may call it. */
export function addRouteChecks(app: FastifyInstance, guard: RequestGuard, paths: OpenPaths): void {
  app.addHook('onRoute', ({ url, config }) => {
    if (config?.isProbe === true) paths.probePaths.add(url);
    if (config?.isPublic === true) paths.publicPaths.add(url);
  });
  app.addHook('onRequest', async (request, reply) => {
    const { cost = 1 } = request.routeOptions.config;
    reply.headers(securityHeaders);
    if (cost > 1 && !guard.charge(request.raw, reply.raw, cost)) reply.hijack();
  });
}
