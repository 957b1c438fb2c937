import type { FastifyReply } from 'fastify';

/**
 * Aborts when the client disconnects before it has its response. It also aborts after the response has been sent, when
 * there is nothing left to cancel.
 */
export function disconnectSignal(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => controller.abort());
  return controller.signal;
}
