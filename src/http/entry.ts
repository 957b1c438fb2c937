import type { FastifyInstance } from 'fastify';
import { Admission } from './admission.ts';
import { hostGuard, isLoopback, securityHeaders, tokenGuard } from './guards.ts';
import { HttpError } from './http-error.ts';
import { limits } from './limits.ts';

export interface EntryOptions {
  readonly host: string;
  readonly token?: string | undefined;
  readonly requestsPerSecond: number;
}

/** What a body costs whose length is not said beforehand. */
const UNKNOWN_BYTES = limits.bodyBytesMax / 4;

/** What every request passes before anything of it is read: how much, for whom, from whom. */
export function addEntryChecks(app: FastifyInstance, options: EntryOptions): void {
  const { host, token, requestsPerSecond } = options;
  const checkHost = isLoopback(host) ? hostGuard(host) : undefined;
  const checkToken = token === undefined ? undefined : tokenGuard(token);
  const admission = new Admission({ perSecond: requestsPerSecond });
  const hold = holdBack();
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(securityHeaders);
    const { config } = request.routeOptions;
    const length = request.headers['content-length'];
    const isChunked = request.headers['transfer-encoding'] !== undefined;
    const bytes = length === undefined ? (isChunked ? UNKNOWN_BYTES : 0) : Number(length);
    if (!admission.admits(request.ip, config.cost ?? 1, bytes)) {
      await hold(() => request.raw.socket.destroy());
      reply.header('connection', 'close'); // or its body would be read to the end
      throw new HttpError(
        'HTTP_OVERLOADED',
        `More than ${requestsPerSecond} requests a second. Ask less often.`,
      );
    }
    if (request.raw.rawHeaders.length > 2 * limits.headersMax) {
      throw new HttpError('HTTP_TOO_MANY_HEADERS', `Send at most ${limits.headersMax} headers.`);
    }
    checkHost?.(request.headers.host);
    if (config.isOpen !== true) checkToken?.(request.headers.authorization);
  });
}

/** Keeps who asks too often waiting, so that its next request comes later; whom we have no place for is cut off. */
function holdBack(): (cutOff: () => void) => Promise<void> {
  let held = 0;
  return async (cutOff) => {
    if (held >= limits.heldMax) return cutOff();
    held++;
    await new Promise((resolve) => setTimeout(resolve, limits.heldMs).unref());
    held--;
  };
}
