import type { FastifyInstance, FastifyReply } from 'fastify';
import type { HealthReport, ServiceView } from '../service-view.ts';
import { schemas } from './schemas.ts';

const config = { isPublic: true, isProbe: true };

/** Probes for an orchestrator, and details for people. */
export function addHealthRoutes(app: FastifyInstance, view: ServiceView): void {
  app.get('/livez', { schema: schemas.livez, config }, (_request, reply) =>
    sendReport(reply, view.liveness()),
  );
  app.get('/readyz', { schema: schemas.readyz, config }, (_request, reply) =>
    sendReport(reply, view.readiness()),
  );
  app.get('/health', { schema: schemas.health, config }, (_request, reply) =>
    sendReport(reply, combined(view)),
  );
  app.get('/health/details', { schema: schemas.details }, async () => detailsOf(view));
}

export function detailsOf(view: ServiceView): object {
  const { ok, checks } = combined(view);
  return { status: statusOf(ok), checks, ...view.details() };
}

function combined(view: ServiceView): HealthReport {
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
