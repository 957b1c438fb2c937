import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { errorResponse, HttpError } from '../http-error.ts';
import { limits } from '../limits.ts';
import { ConnectionThrottle } from './connection-throttle.ts';
import { hostCheck, isLoopback } from './host-check.ts';
import { RateLimiter } from './rate-limiter.ts';
import { securityHeaders } from './security-headers.ts';
import { tokenCheck } from './token-check.ts';

export interface RequestGuardOptions {
  readonly host: string;
  readonly token?: string | undefined;
  /** Asked for each request. */
  requestsPerSecond(): number;
  /** Paths that need no token: probes, and the files of the page. */
  readonly publicPaths: ReadonlySet<string>;
  /** Those of them that have a rate limit of their own. */
  readonly probePaths: ReadonlySet<string>;
  /** A request was refused for another reason than the rate. `path`: without the query. */
  readonly onRefused?: (request: IncomingMessage, path: string, status: number) => void;
}

/** What a body of unknown length is charged as. */
const UNKNOWN_BODY_BYTES = limits.bodyBytesMax / 4;
/** Connections of an address that are read, as a multiple of its requests: a probe must be told from a flood. */
const CONNECTIONS_PER_REQUEST = 4;

/**
 * Checks rate, number of headers, host and token of every request before it is routed and before its body is read,
 * so no path escapes. Probes have a rate limit of their own: whoever floods the other paths does not starve a probe
 * from the same address.
 */
export class RequestGuard {
  readonly #throttle: ConnectionThrottle;
  readonly #requests: RateLimiter;
  readonly #probes: RateLimiter;
  readonly #publicPaths: ReadonlySet<string>;
  readonly #probePaths: ReadonlySet<string>;
  readonly #checkHost: ((header: string | undefined) => void) | undefined;
  readonly #checkToken: ((header: string | undefined) => void) | undefined;
  readonly #onRefused: RequestGuardOptions['onRefused'];
  readonly #requestsPerSecond: () => number;
  #tooMany: ReturnType<typeof tooManyRequests>;

  constructor({ host, token, requestsPerSecond, publicPaths, probePaths, onRefused }: RequestGuardOptions) {
    this.#onRefused = onRefused;
    this.#publicPaths = publicPaths;
    this.#probePaths = probePaths;
    this.#checkHost = isLoopback(host) ? hostCheck(host) : undefined;
    this.#checkToken = token === undefined ? undefined : tokenCheck(token);
    this.#requestsPerSecond = requestsPerSecond;
    this.#requests = limiter(requestsPerSecond);
    this.#probes = limiter(requestsPerSecond);
    this.#tooMany = tooManyRequests(requestsPerSecond());
    this.#throttle = new ConnectionThrottle({
      ...limits,
      rateLimiter: limiter(() => CONNECTIONS_PER_REQUEST * requestsPerSecond()),
      rejection: () => this.#rejection.raw,
    });
  }

  /** From now on, the present `connection` listeners of `server` only see connections within the limit. */
  attach(server: Server): void {
    this.#throttle.attach(server);
  }

  /** Whether the rate limit keeps the answer of this connection back. */
  isDelayed(socket: Socket): boolean {
    return this.#throttle.isDelayed(socket);
  }

  /** Whether the request may go on. If not, it has its answer, or gets it later. */
  admit(request: IncomingMessage, response: ServerResponse): boolean {
    const path = (request.url ?? '').split('?', 1)[0] as string;
    const address = request.socket.remoteAddress ?? '';
    const limiter = this.#probePaths.has(path) ? this.#probes : this.#requests;
    if (!limiter.tryTake(address, 1, bodyBytesOf(request))) {
      this.#reject(request, response);
      return false;
    }
    try {
      if (request.rawHeaders.length > 2 * limits.headersMax)
        throw new HttpError('HTTP_TOO_MANY_HEADERS', `Send at most ${limits.headersMax} headers.`);
      if ((request.headersDistinct['host']?.length ?? 0) > 1)
        throw new HttpError('HTTP_INVALID_REQUEST', 'Send one Host header.');
      this.#checkHost?.(request.headers.host);
      if (!this.#publicPaths.has(path)) this.#checkToken?.(request.headers.authorization);
      return true;
    } catch (error) {
      const status = sendError(response, error);
      this.#onRefused?.(request, path, status);
      return false;
    }
  }

  /** What an admitted request costs, of which it has paid 1. False: it gets its answer later. */
  charge(request: IncomingMessage, response: ServerResponse, cost: number): boolean {
    if (this.#requests.tryTake(request.socket.remoteAddress ?? '', cost, 0, 1)) return true;
    this.#reject(request, response);
    return false;
  }

  close(): void {
    this.#throttle.close();
  }

  /** Made once for each limit: there are many of them in a flood. */
  get #rejection(): ReturnType<typeof tooManyRequests> {
    const limit = this.#requestsPerSecond();
    if (this.#tooMany.limit !== limit) this.#tooMany = tooManyRequests(limit);
    return this.#tooMany;
  }

  #reject(request: IncomingMessage, response: ServerResponse): void {
    const { headers, body } = this.#rejection;
    this.#throttle.delay(request.socket, () => response.writeHead(429, headers).end(body));
  }
}

function bodyBytesOf({ headers }: IncomingMessage): number {
  const length = headers['content-length'];
  if (length !== undefined) return Number(length);
  return headers['transfer-encoding'] === undefined ? 0 : UNKNOWN_BODY_BYTES;
}

/** The connection is closed, or the rest of the request would have to be read. */
function sendError(response: ServerResponse, error: unknown): number {
  const { status, code, message } = errorResponse(error);
  const body = JSON.stringify({ error: { code, message } });
  response.writeHead(status, {
    ...securityHeaders,
    ...(status === 401 && { 'www-authenticate': 'Bearer' }),
    ...describe(body),
  });
  response.end(body);
  return status;
}

function limiter(limit: () => number): RateLimiter {
  return new RateLimiter({
    get perSecond() {
      return limit();
    },
  });
}

function tooManyRequests(limit: number) {
  const message = `More than ${limit} requests per second. Send fewer requests.`;
  const { code } = errorResponse(new HttpError('HTTP_OVERLOADED', message));
  const body = JSON.stringify({ error: { code, message } });
  const headers = { ...securityHeaders, ...describe(body), 'retry-after': '1' };
  return { limit, headers, body, raw: rawResponse(headers, body) };
}

function describe(body: string) {
  return {
    connection: 'close',
    'content-length': Buffer.byteLength(body),
    'content-type': 'application/json; charset=utf-8',
  };
}

/** The same response for a connection that the HTTP parser has never seen. */
function rawResponse(headers: Readonly<Record<string, string | number>>, body: string): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return ['HTTP/1.1 429 Too Many Requests', ...lines, '', body].join('\r\n');
}
