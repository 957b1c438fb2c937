import { join } from 'node:path';
import type { Config } from '../config/schema.ts';
import { BASELINE_FILE, readBaseline } from '../drift/baseline.ts';
import { Drift } from '../drift/drift.ts';
import type { Profile } from '../drift/profile.ts';
import type { Logger } from '../log.ts';
import type { ResultCounts } from '../metrics/result-counts.ts';
import { modelDirectory } from '../predict/model-parts.ts';
import { resultLabels } from '../predict/routes.ts';
import type { ModelInfo } from '../types.ts';

/** Of what `model` says from now on, compared with the baseline in its directory if there is one. */
export function driftOf(config: Config, model: ModelInfo, results: ResultCounts, logger: Logger): Drift {
  const counts = results.of(model.version, resultLabels(model));
  return new Drift(results, counts, findBaseline(config, model, logger));
}

/** A file that cannot be used is no reason not to start. */
function findBaseline(config: Config, model: ModelInfo, logger: Logger): Profile | undefined {
  if (config.model.path === null) return undefined;
  const file = join(modelDirectory(config), BASELINE_FILE);
  const found = readBaseline(file, { labels: resultLabels(model), modelVersion: model.version });
  if (found === undefined || 'counts' in found) return found?.counts;
  logger.warn('baseline_ignored', { file, reason: found.reason });
  return undefined;
}
