import type { FastifyInstance } from 'fastify';
import type { ServiceView } from '../service-view.ts';
import { schemas } from './schemas.ts';

const kafkaMetricsPaths = [
  '/api/v1/monitoring/kafka-metrics',
  '/api/v1/kafka-metrics',
  '/api/v1/kafka/metrics',
];

/** Rendering all metrics takes a few milliseconds of the main thread. */
const scrape = { cost: 40 };

/** Metrics for Prometheus and as JSON, and what they mean. */
export function addMetricsRoutes(app: FastifyInstance, view: ServiceView): void {
  app.get('/metrics', { schema: schemas.metrics, config: scrape }, async (request, reply) => {
    const { contentType, body } = await view.metricsText(request.headers.accept);
    return reply.header('content-type', contentType).send(body);
  });
  for (const path of kafkaMetricsPaths) {
    app.get(path, { schema: schemas.kafkaMetrics }, async () => view.kafkaMetrics());
  }
  app.get('/api/v1/monitoring/why', { schema: schemas.why }, async () => view.why());
}
