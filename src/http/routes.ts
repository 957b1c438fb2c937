import type { FastifyInstance, FastifyReply } from 'fastify';
import { HttpError } from './http-error.ts';
import { parsePredict, predictAnswer } from './predict.ts';
import type { HealthReport, ServiceView } from './view.ts';

/** Probes of an orchestrator have no token; they tell only whether things work. */
export const openPaths: ReadonlySet<string> = new Set(['/livez', '/readyz', '/health']);

const kafkaMetricsPaths = [
  '/api/v1/monitoring/kafka-metrics',
  '/api/v1/kafka-metrics',
  '/api/v1/kafka/metrics',
];

/** Prediction requests in progress at once; more are refused, so that Kafka keeps its share of the workers. */
const predictionsMax = 16;

export function addRoutes(app: FastifyInstance, view: ServiceView): void {
  app.get('/metrics', async (request, reply) => {
    const { contentType, body } = await view.metricsText(request.headers.accept);
    return reply.header('content-type', contentType).send(body);
  });

  app.get('/livez', (_request, reply) => sendReport(reply, view.liveness()));
  app.get('/readyz', (_request, reply) => sendReport(reply, view.readiness()));
  app.get('/health', (_request, reply) => sendReport(reply, overall(view)));
  app.get('/health/details', async () => {
    const { ok, checks } = overall(view);
    return { status: ok ? 'ok' : 'unavailable', checks, ...view.details() };
  });

  for (const path of kafkaMetricsPaths) app.get(path, async () => view.kafkaMetrics());

  let running = 0;
  app.post('/api/v1/predict', async (request) => {
    const { texts, many } = parsePredict(request.body);
    if (running >= predictionsMax) {
      throw new HttpError('HTTP_OVERLOADED', 'Too many prediction requests at once. Try again later.');
    }
    running++;
    try {
      return predictAnswer(texts.length === 0 ? [] : await view.predict(texts), many);
    } finally {
      running--;
    }
  });
}

function overall(view: ServiceView): HealthReport {
  const live = view.liveness();
  const ready = view.readiness();
  return { ok: live.ok && ready.ok, checks: [...live.checks, ...ready.checks] };
}

function sendReport(reply: FastifyReply, { ok, checks }: HealthReport): FastifyReply {
  return reply.code(ok ? 200 : 503).send({ status: ok ? 'ok' : 'unavailable', checks });
}
