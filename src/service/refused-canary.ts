import type { Config } from '../config/schema.ts';
import { describeError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { CanaryCounts } from '../metrics/canary-counts.ts';
import type { Counters } from '../metrics/counters.ts';

export function withoutCanary(config: Config): Config {
  return { ...config, model: { ...config.model, canary: undefined } };
}

/** The canary cannot even be tried, for this reason: all goes on as without it, and log and metrics say so. */
export function refuseCanary(
  { model }: Config,
  { counters, logger }: { readonly counters: Counters; readonly logger: Logger },
  reason: unknown,
): void {
  const { path = '', share = 0 } = model.canary ?? {};
  logger.error('canary_refused', { model: path, reason: describeError(reason) });
  counters.canary = new CanaryCounts({ name: path, version: '' }, share);
  counters.canary.endedBy = 'refused';
}
