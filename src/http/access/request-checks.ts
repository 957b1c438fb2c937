import type { FastifyInstance } from 'fastify';
import { Admission } from './rate-limiter.ts';
import { Door } from './connection-throttle.ts';
import { hostGuard, isLoopback, securityHeaders, tokenGuard } from './guards.ts';
import { answerTo, HttpError } from '../http-error.ts';
import { limits } from '../limits.ts';

export interface EntryOptions {
  readonly host: string;
  readonly token?: string | undefined;
  readonly requestsPerSecond: number;
}

/** What a body costs whose length is not said beforehand. */
const UNKNOWN_BYTES = limits.bodyBytesMax / 4;

/** What every request passes before anything of it is read: how much, for whom, from whom. The door is to be closed. */
export function addEntryChecks(app: FastifyInstance, options: EntryOptions): Door {
  const { host, token, requestsPerSecond } = options;
  const checkHost = isLoopback(host) ? hostGuard(host) : undefined;
  const checkToken = token === undefined ? undefined : tokenGuard(token);
  const { headers, body } = refusalOf(requestsPerSecond);
  const door = new Door({
    ...limits,
    admission: new Admission({ perSecond: requestsPerSecond }),
    refusal: overTheWire(headers, body),
  });
  app.addHook('onRequest', async (request, reply) => {
    const { config } = request.routeOptions;
    const { socket } = request.raw;
    const length = request.headers['content-length'];
    const isChunked = request.headers['transfer-encoding'] !== undefined;
    const bytes = length === undefined ? (isChunked ? UNKNOWN_BYTES : 0) : Number(length);
    if (!door.admits(socket, config.cost ?? 1, bytes)) {
      reply.hijack();
      door.hold(socket, () => reply.raw.writeHead(429, headers).end(body));
      return;
    }
    reply.headers(securityHeaders);
    if (request.raw.rawHeaders.length > 2 * limits.headersMax) {
      throw new HttpError('HTTP_TOO_MANY_HEADERS', `Send at most ${limits.headersMax} headers.`);
    }
    checkHost?.(request.headers.host);
    if (config.isOpen !== true) checkToken?.(request.headers.authorization);
  });
  return door;
}

function refusalOf(requestsPerSecond: number) {
  const message = `More than ${requestsPerSecond} requests a second. Ask less often.`;
  const { code } = answerTo(new HttpError('HTTP_OVERLOADED', message));
  const body = JSON.stringify({ error: { code, message } });
  const headers = {
    ...securityHeaders,
    connection: 'close', // or the body of the request would be read to the end
    'content-length': Buffer.byteLength(body),
    'content-type': 'application/json; charset=utf-8',
    'retry-after': '1',
  };
  return { headers, body };
}

function overTheWire(headers: Readonly<Record<string, string | number>>, body: string): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return ['HTTP/1.1 429 Too Many Requests', ...lines, '', body].join('\r\n');
}
