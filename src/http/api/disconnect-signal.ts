import type { FastifyReply } from 'fastify';

/** Is aborted when nobody waits for the answer any more, be it that it was sent or that the caller has left. */
export function goneSignal(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => controller.abort());
  return controller.signal;
}
