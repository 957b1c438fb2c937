import type { FastifyInstance } from 'fastify';
import { errorResponse, HttpError } from '../http-error.ts';
import { limits } from '../limits.ts';
import { ConnectionThrottle } from './connection-throttle.ts';
import { hostCheck, isLoopback } from './host-check.ts';
import { RateLimiter } from './rate-limiter.ts';
import { securityHeaders } from './security-headers.ts';
import { tokenCheck } from './token-check.ts';

/** What the checks need to know about a route. */
declare module 'fastify' {
  interface FastifyContextConfig {
    /** Needs no token: the probes of an orchestrator have none, and only learn whether the service is healthy. */
    isPublic?: boolean;
    /** How many requests it counts as for the rate limit. Default 1. */
    cost?: number;
  }
}

export interface RequestChecksOptions {
  readonly host: string;
  readonly token?: string | undefined;
  readonly requestsPerSecond: number;
}

/** What a body of unknown length is charged as. */
const UNKNOWN_BODY_BYTES = limits.bodyBytesMax / 4;

/**
 * Checks rate, number of headers, host and token of every request before its body is read. The caller attaches the
 * returned throttle to the server and closes it.
 */
export function addRequestChecks(app: FastifyInstance, options: RequestChecksOptions): ConnectionThrottle {
  const { host, token, requestsPerSecond } = options;
  const checkHost = isLoopback(host) ? hostCheck(host) : undefined;
  const checkToken = token === undefined ? undefined : tokenCheck(token);
  const { headers, body } = tooManyRequests(requestsPerSecond);
  const throttle = new ConnectionThrottle({
    ...limits,
    rateLimiter: new RateLimiter({ perSecond: requestsPerSecond }),
    rejection: rawResponse(headers, body),
  });
  app.addHook('onRequest', async (request, reply) => {
    const { config } = request.routeOptions;
    const { socket } = request.raw;
    const length = request.headers['content-length'];
    const isChunked = request.headers['transfer-encoding'] !== undefined;
    const bodyBytes = length === undefined ? (isChunked ? UNKNOWN_BODY_BYTES : 0) : Number(length);
    if (!throttle.tryTake(socket, config.cost ?? 1, bodyBytes)) {
      reply.hijack();
      throttle.delay(socket, () => reply.raw.writeHead(429, headers).end(body));
      return;
    }
    reply.headers(securityHeaders);
    if (request.raw.rawHeaders.length > 2 * limits.headersMax) {
      throw new HttpError('HTTP_TOO_MANY_HEADERS', `Send at most ${limits.headersMax} headers.`);
    }
    checkHost?.(request.headers.host);
    if (config.isPublic !== true) checkToken?.(request.headers.authorization);
  });
  return throttle;
}

function tooManyRequests(requestsPerSecond: number) {
  const message = `More than ${requestsPerSecond} requests per second. Send fewer requests.`;
  const { code } = errorResponse(new HttpError('HTTP_OVERLOADED', message));
  const body = JSON.stringify({ error: { code, message } });
  const headers = {
    ...securityHeaders,
    connection: 'close', // otherwise the rest of the request body would be read
    'content-length': Buffer.byteLength(body),
    'content-type': 'application/json; charset=utf-8',
    'retry-after': '1',
  };
  return { headers, body };
}

/** The same response for a connection that the HTTP parser has never seen. */
function rawResponse(headers: Readonly<Record<string, string | number>>, body: string): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return ['HTTP/1.1 429 Too Many Requests', ...lines, '', body].join('\r\n');
}
