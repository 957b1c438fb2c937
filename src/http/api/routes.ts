import type { FastifyInstance, FastifyReply } from 'fastify';
import { goneSignal } from './disconnect-signal.ts';
import { limits } from '../limits.ts';
import { PredictionQueue } from './prediction-queue.ts';
import { schemas } from './schemas.ts';
import type { HealthReport, ServiceView } from '../service-view.ts';

/** What the guards want to know of a route. */
declare module 'fastify' {
  interface FastifyContextConfig {
    /** Needs no token: probes of an orchestrator have none, and they tell only whether things work. */
    isOpen?: boolean;
    /** How many requests it counts for. Default 1. */
    cost?: number;
  }
}

const kafkaMetricsPaths = [
  '/api/v1/monitoring/kafka-metrics',
  '/api/v1/kafka-metrics',
  '/api/v1/kafka/metrics',
];

const open = { isOpen: true };
/** Making the text of all metrics takes some milliseconds. */
const costly = { cost: 40 };

export function addRoutes(app: FastifyInstance, view: ServiceView): void {
  app.get('/metrics', { schema: schemas.metrics, config: costly }, async (request, reply) => {
    const { contentType, body } = await view.metricsText(request.headers.accept);
    return reply.header('content-type', contentType).send(body);
  });

  app.get('/livez', { schema: schemas.livez, config: open }, (_request, reply) =>
    sendReport(reply, view.liveness()),
  );
  app.get('/readyz', { schema: schemas.readyz, config: open }, (_request, reply) =>
    sendReport(reply, view.readiness()),
  );
  app.get('/health', { schema: schemas.health, config: open }, (_request, reply) =>
    sendReport(reply, overall(view)),
  );
  app.get('/health/details', { schema: schemas.details }, async () => {
    const { ok, checks } = overall(view);
    return { status: statusOf(ok), checks, ...view.details() };
  });

  for (const path of kafkaMetricsPaths) {
    app.get(path, { schema: schemas.kafkaMetrics }, async () => view.kafkaMetrics());
  }

  const queue = new PredictionQueue({ ...limits, predict: (texts, signal) => view.predict(texts, signal) });
  app.post<{ Body: { text: string } | { texts: string[] } }>(
    '/api/v1/predict',
    { schema: schemas.predict },
    async ({ body }, reply) => {
      const signal = goneSignal(reply);
      if ('texts' in body) return { predictions: await queue.predict(body.texts, signal) };
      return (await queue.predict([body.text], signal))[0];
    },
  );
}

function overall(view: ServiceView): HealthReport {
  const live = view.liveness();
  const ready = view.readiness();
  return { ok: live.ok && ready.ok, checks: [...live.checks, ...ready.checks] };
}

function sendReport(reply: FastifyReply, { ok, checks }: HealthReport): FastifyReply {
  return reply.code(ok ? 200 : 503).send({ status: statusOf(ok), checks });
}

function statusOf(ok: boolean): string {
  return ok ? 'ok' : 'unavailable';
}
