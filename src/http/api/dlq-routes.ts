import type { FastifyInstance } from 'fastify';
import type { DlqAccess } from '../../dead-letters/access.ts';
import { checkFilter, type DlqFilter, parseTime } from '../../dead-letters/filter.ts';
import { describeError } from '../../errors.ts';
import type { ErrorType } from '../../types.ts';
import { disconnectSignal } from './disconnect-signal.ts';
import { HttpError } from '../http-error.ts';
import { limits } from '../limits.ts';
import { dlqSchemas as schemas } from './dlq-schemas.ts';

interface FilterQuery {
  readonly reason?: ErrorType | ErrorType[];
  readonly partition?: string | string[];
  readonly since?: string;
  readonly until?: string;
  readonly limit?: string;
}

interface ReplayBody {
  readonly dryRun: boolean;
  readonly reasons?: readonly ErrorType[];
  readonly partitions?: readonly number[];
  readonly since?: string;
  readonly until?: string;
  readonly rate?: number;
  readonly limit: number;
  readonly maxReplays: number;
}

export interface DlqRoutesOptions {
  readonly dlq: DlqAccess;
  /** Replay and what producers wrote need a token, so that nobody can change or read them over an open port. */
  readonly hasToken: boolean;
}

interface OverviewQuery extends FilterQuery {
  readonly replayed?: 'yes' | 'no';
}

interface Place {
  readonly partition: number;
  readonly offset: number;
}

/** Each of these reads a topic. */
const config = { cost: 20 };
const LIST_LIMIT_DEFAULT = 100;

/** The commands `dlq list|show|stats|replay` over HTTP, one at a time. */
export function addDlqRoutes(app: FastifyInstance, options: DlqRoutesOptions): void {
  const exclusive = oneAtATime();
  addLookRoutes(app, options, exclusive);
  addContentRoutes(app, options, exclusive);
  addReplayRoute(app, options, exclusive);
}

function addLookRoutes(
  app: FastifyInstance,
  { dlq, hasToken }: DlqRoutesOptions,
  exclusive: Exclusive,
): void {
  app.get<{ Querystring: FilterQuery }>('/api/v1/dlq', { schema: schemas.list, config }, ({ query }) => {
    const limit = listLimit(query);
    const filter = filterOf(query);
    return exclusive(() => dlq.list(filter, limit));
  });

  app.get<{ Querystring: FilterQuery }>(
    '/api/v1/dlq/stats',
    { schema: schemas.stats, config },
    ({ query }) => {
      const filter = filterOf(query);
      return exclusive(() => dlq.stats(filter));
    },
  );

  app.get<{ Querystring: OverviewQuery }>(
    '/api/v1/dlq/overview',
    { schema: schemas.overview, config },
    async ({ query }) => {
      const now = Date.now();
      const filter = filterOf(query);
      const limit = listLimit(query);
      const isReplayed = query.replayed === undefined ? undefined : query.replayed === 'yes';
      const overview = await exclusive(() => dlq.overview(filter, { limit, isReplayed }));
      const iso = (time: number): string => new Date(time).toISOString();
      const since = filter.since === undefined ? undefined : iso(filter.since);
      return { since, until: iso(filter.until ?? now), hasToken, ...overview };
    },
  );

  app.get<{ Params: { partition: string; offset: string } }>(
    '/api/v1/dlq/:partition/:offset',
    { schema: schemas.find, config },
    async ({ params }) => {
      const letter = await exclusive(() => dlq.find(Number(params.partition), Number(params.offset)));
      return letter ?? notThere();
    },
  );
}

/** What producers wrote. POST, because every look is in the audit log and no link should lead there. */
function addContentRoutes(
  app: FastifyInstance,
  { dlq, hasToken }: DlqRoutesOptions,
  exclusive: Exclusive,
): void {
  for (const part of ['headers', 'value'] as const) {
    app.post<{ Body: Place }>(`/api/v1/dlq/${part}`, { schema: schemas[part], config }, async (request) => {
      const { partition, offset } = request.body;
      request.auditFields = { partition, offset };
      if (!hasToken) throw new HttpError('HTTP_FORBIDDEN', `Set http.token to read the ${part} over HTTP.`);
      return (await exclusive<object | undefined>(() => dlq[part](partition, offset))) ?? notThere();
    });
  }
}

function addReplayRoute(
  app: FastifyInstance,
  { dlq, hasToken }: DlqRoutesOptions,
  exclusive: Exclusive,
): void {
  app.post<{ Body: ReplayBody }>(
    '/api/v1/dlq/replay',
    { schema: schemas.replay, config },
    (request, reply) => {
      if (!hasToken) {
        throw new HttpError('HTTP_FORBIDDEN', 'Set http.token to allow replays over HTTP.');
      }
      return exclusive(() => replay(request.body, dlq, disconnectSignal(reply))).then(
        (report) => {
          request.auditFields = { replayed: report.replayed, dry_run: report.dryRun };
          return report;
        },
        (error) => {
          request.auditFields = { reason: describeError(error) };
          throw error;
        },
      );
    },
  );
}

function listLimit({ limit = String(LIST_LIMIT_DEFAULT) }: FilterQuery): number {
  return Math.min(limits.lettersListedMax, Math.max(1, Number(limit)));
}

function notThere(): never {
  throw new HttpError('HTTP_NOT_FOUND', 'There is no dead letter at this offset.');
}

function replay(body: ReplayBody, dlq: DlqAccess, disconnected: AbortSignal) {
  const { dryRun, reasons, partitions, since, until, rate, limit, maxReplays } = body;
  const filter: DlqFilter = {
    ...(reasons !== undefined && { reasons }),
    ...(partitions !== undefined && { partitions }),
    ...timeRange(since, until),
  };
  checkFilter(filter);
  const stopAt = performance.now() + limits.replayMs;
  return dlq.replay({
    filter,
    dryRun,
    limit,
    replaysMax: maxReplays,
    ...(rate !== undefined && { rate }),
    shouldStop: () => disconnected.aborted || performance.now() > stopAt,
  });
}

/** Throws KS_USAGE or HTTP_INVALID_REQUEST for a filter that is malformed or can match nothing. */
function filterOf({ reason, partition, since, until }: FilterQuery): DlqFilter {
  const filter: DlqFilter = {
    ...(reason !== undefined && { reasons: [reason].flat() }),
    ...(partition !== undefined && { partitions: [partition].flat().map(Number) }),
    ...timeRange(since, until),
  };
  checkFilter(filter);
  return filter;
}

function timeRange(since: string | undefined, until: string | undefined): Pick<DlqFilter, 'since' | 'until'> {
  const parse = (name: string, text: string): number => {
    const time = parseTime(text, Date.now());
    if (time !== undefined) return time;
    throw new HttpError(
      'HTTP_INVALID_REQUEST',
      `"${name}" must be an age such as 15m, 2h or 7d, or a date such as 2026-01-31T12:00Z.`,
    );
  };
  return {
    ...(since !== undefined && { since: parse('since', since) }),
    ...(until !== undefined && { until: parse('until', until) }),
  };
}

type Exclusive = <T>(run: () => Promise<T>) => Promise<T>;

function oneAtATime(): Exclusive {
  let isRunning = false;
  return async (run) => {
    if (isRunning)
      throw new HttpError('HTTP_OVERLOADED', 'Another request is reading the dead letters. Try again later.');
    isRunning = true;
    try {
      return await run();
    } finally {
      isRunning = false;
    }
  };
}
