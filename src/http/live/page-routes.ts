import type { FastifyInstance } from 'fastify';
import { EventStream } from './event-stream.ts';
import { securityHeaders } from '../access/security-headers.ts';
import { HttpError } from '../http-error.ts';
import { limits } from '../limits.ts';
import { LiveFeed } from './live-feed.ts';
import { pageFiles, pagePolicy } from './page-files.ts';
import { historySchema } from '../api/history-schema.ts';
import { hidden } from '../api/schema-parts.ts';
import { schemas } from '../api/schemas.ts';
import type { Logger } from '../../log.ts';
import type { ServiceView } from '../service-view.ts';

/** Some 200 KB, made and sent by the main thread. */
const hour = { cost: 10 };

/** The live page, the hour before it, and its event stream. The files contain no data, so they need no token. */
export function addPageRoutes(app: FastifyInstance, view: ServiceView, logger?: Logger): void {
  for (const { path, type, body } of pageFiles()) {
    app.get(path, { schema: hidden, config: { isPublic: true } }, (_request, reply) =>
      reply.headers({ 'content-security-policy': pagePolicy, 'content-type': type }).send(body),
    );
  }
  const stream = new EventStream(limits);
  const feed = new LiveFeed(view, stream, logger);
  app.addHook('onReady', async () => feed.start());
  app.addHook('preClose', async () => feed.stop());

  app.get('/api/v1/monitoring/history', { schema: historySchema, config: hour }, (_request, reply) =>
    reply.header('content-type', 'application/json; charset=utf-8').send(feed.historyBody()),
  );
  app.get('/api/v1/events', { schema: schemas.events, exposeHeadRoute: false }, (_request, reply) => {
    if (stream.isFull) {
      throw new HttpError(
        'HTTP_OVERLOADED',
        `The live page already has ${limits.subscribersMax} viewers. Try again later.`,
      );
    }
    reply.hijack();
    stream.subscribe(reply.raw, securityHeaders, feed.firstEvents());
  });
}
